#!/usr/bin/env python3
"""Compare Parvis with openfisca-france on fresh random households, right by right.

    parvis rights serve --listen 127.0.0.1:8391
    scripts/compare-openfisca/compare.py --url http://127.0.0.1:8391/openfisca [--seed 1] [--households 20] [--from 2024-06] [--to 2026-06]

A tool of maintainers, outside the test suite; it needs the network once, to install openfisca-france from PyPI in a throw-away
environment (or the one --venv names). OpenFisca runs there as a program apart: households go to it and amounts come back as
JSON lines, and Parvis is asked over HTTP; nothing of OpenFisca enters this repository.

Exit status: 0 when every amount that should agree does, within max(1 €, 0.5 %); 1 when not; 2 when something is missing.
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import venv

from households import HEALTH, Maker, shift, span

PACKAGES = ("openfisca-core==44.6.0", "openfisca-france==176.0.7")
OF_PERSON = ("aah", "caah", "asi", "ass")
OF_FAMILY = ("af", "cf", "asf", "paje_base", "paje_naissance", "aeeh", "aide_logement", "apl", "alf", "als", "rsa", "ppa", "aspa", "cmu_c",
             "css_participation_forfaitaire")
YEARLY = ("ars",)
OUTPUTS = (*OF_PERSON, *OF_FAMILY, *YEARLY)
INCOME, CEILING = "css_cmu_base_ressources", "cmu_c_plafond"  # where an income is near a ceiling, one month more or less decides
QUARTER = "departement_experimentation_rsa"  # OpenFisca takes M-4..M-2 only where this input says so; the law does everywhere since 2025-03


def period(variable, month):
    return month[:4] if variable in YEARLY else month


def adults(case):
    return case["input"]["familles"]["family"]["parents"]


def openfisca():
    """reads one JSON line per month, writes one line of amounts back; runs inside the environment of OpenFisca"""
    from openfisca_core.simulation_builder import SimulationBuilder
    from openfisca_france import FranceTaxBenefitSystem

    system = FranceTaxBenefitSystem()
    for line in sys.stdin:
        cases = json.loads(line)
        month = cases[0]["month"]
        whole = {"individus": {}, "familles": {}, "foyers_fiscaux": {}, "menages": {}}
        for n, c in enumerate(cases):
            for entity, groups in c["input"].items():
                for name, facts in groups.items():
                    whole[entity][f"{n}-{name}"] = {k: [f"{n}-{who}" for who in v] if isinstance(v, list) else v for k, v in facts.items()}
            if month >= "2025-03":
                whole["familles"][f"{n}-family"][QUARTER] = {m: True for m in span("2025-03", month)}
        simulation = SimulationBuilder().build_from_dict(system, whole)
        amounts = [{} for _ in cases]
        for variable in OUTPUTS:
            values = simulation.calculate(variable, period(variable, month))
            entity = "individu" if variable in OF_PERSON else "famille"
            by = dict(zip(simulation.populations[entity].ids, values))
            for n, c in enumerate(cases):
                who = adults(c) if variable in OF_PERSON else ["family"]
                amounts[n][variable] = [round(float(by[f"{n}-{w}"]), 2) for w in who]
        if "again" not in cases[0]:
            for variable in (INCOME, CEILING):
                by = dict(zip(simulation.populations["famille"].ids, simulation.calculate(variable, month)))
                for n in range(len(cases)):
                    amounts[n][variable] = float(by[f"{n}-family"])
        print(json.dumps(amounts), flush=True)


def parvis(url, case):
    body, month = json.loads(json.dumps(case["input"])), case["month"]
    for variable in OUTPUTS:
        for who in adults(case) if variable in OF_PERSON else ["family"]:
            body["individus" if variable in OF_PERSON else "familles"][who].setdefault(variable, {})[period(variable, month)] = None
    request = urllib.request.Request(url.rstrip("/") + "/calculate?parvis=0", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        said = json.loads(answer.read())
    out = {}
    for variable in OUTPUTS:
        entity = "individus" if variable in OF_PERSON else "familles"
        out[variable] = [round(float(said[entity][who][variable][period(variable, month)]), 2) for who in (adults(case) if variable in OF_PERSON else ["family"])]
    return out


def ask(of, cases):
    """what OpenFisca says of some households of one month, None when it stopped"""
    of.stdin.write(json.dumps(cases) + "\n")
    of.stdin.flush()
    line = of.stdout.readline()
    return json.loads(line) if line else None


def last_rsa(url, case):
    """the RSA of the month before, as Parvis has it"""
    body, before = json.loads(json.dumps(case["input"])), shift(case["month"], -1)
    body["familles"]["family"]["rsa"] = {before: None}
    request = urllib.request.Request(url.rstrip("/") + "/calculate?parvis=0", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return {before: json.loads(answer.read())["familles"]["family"]["rsa"][before]}


def explain_loop(url, of, cases):
    """marks what differs only because each engine cuts the loop of RSA and housing benefit at its own depth: with the
    same RSA of the month before, both say the same"""
    again = []
    for case, _, _ in cases:
        twin = {**case, "input": json.loads(json.dumps(case["input"])), "again": True}
        twin["input"]["familles"]["family"]["rsa"] = last_rsa(url, case)
        again.append(twin)
    for (case, got, want), twin, then in zip(cases, again, ask(of, again)):
        now = parvis(url, twin)
        for v in OUTPUTS:
            if not alike(got[v], want[v]) and alike(now[v], then[v]):
                case["why"].setdefault(v, "the loop of RSA and housing benefit")


def alike(got, want):
    return all(near(g, w) for g, w in zip(got, want))


def near(got, want):
    return abs(got - want) <= max(1, .005 * abs(want)) + 1e-6


def weight(case):
    """how much there is to read in a household"""
    people = case["input"]["individus"]
    return len(people), sum(1 for p in people.values() for v in p.values() if isinstance(v, dict) and any(v.values())), len({x for p in people.values() for v in p.values() if isinstance(v, dict) for x in map(str, v.values())})


def told(case):
    """a household in a few lines: what is not zero, a series that does not move said once"""
    def short(v):
        if not isinstance(v, dict):
            return v
        if len(set(map(str, v.values()))) == 1:
            return next(iter(v.values()))
        out, last = [], None
        for m in sorted(v):
            if v[m] != last:
                out.append(f"{m}: {v[m]}")
                last = v[m]
        return "; ".join(out[-9:])
    lines = []
    for groups in case["input"].values():
        for name, facts in groups.items():
            said = {k: short(v) for k, v in facts.items()}
            lines.append(f"      {name}: " + ", ".join(f"{k}={v}" for k, v in said.items() if v not in (0, [], False)))
    return "\n".join(lines)


class Differences:
    """what differs, by right; reasons known beforehand apart"""

    def __init__(self):
        self.checked, self.unknown, self.known = {}, {}, {}

    def add(self, case, variable, got, want):
        self.checked[variable] = self.checked.get(variable, 0) + 1
        if alike(got, want):
            return False
        reason = case["why"].get(variable)
        if reason:
            self.known.setdefault((variable, reason), []).append(case["id"])
            return False
        self.unknown.setdefault(variable, []).append((case, got, want))
        return True

    def report(self):
        print(f"\n{'right':<32}{'compared':>9}{'differ':>8}{'known':>7}")
        for v in OUTPUTS:
            known = sum(len(ids) for (name, _), ids in self.known.items() if name == v)
            print(f"{v:<32}{self.checked.get(v, 0):>9}{len(self.unknown.get(v, [])):>8}{known:>7}")
        for (v, reason), ids in sorted(self.known.items()):
            print(f"  known: {v}: {reason}: {len(ids)}")
        for v, rows in self.unknown.items():
            rows.sort(key=lambda r: weight(r[0]))
            case, got, want = rows[0]
            print(f"\n{v}: {len(rows)} differ ({', '.join(r[0]['id'] for r in rows[:8])}{'…' if len(rows) > 8 else ''}); the smallest is {case['id']} {case['kinds']}: Parvis {got}, OpenFisca {want}")
            print(told(case))
        return 1 if self.unknown else 0


def run(a, python):
    rnd, out = random.Random(a.seed), Differences()
    here = os.path.abspath(__file__)
    with subprocess.Popen([python, here, "--openfisca"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as of:
        for month in span(a.first, a.last):
            cases = [Maker(rnd, month).household(n) for n in range(a.households)]
            amounts = ask(of, cases)
            if amounts is None:
                print("OpenFisca stopped", file=sys.stderr)
                return 2
            rows = []
            for case, want in zip(cases, amounts):
                income, ceiling = want.pop(INCOME), want.pop(CEILING)
                if any(abs(income - c) < .06 * c for c in (ceiling, 1.35 * ceiling)):
                    for v in HEALTH:
                        case["why"].setdefault(v, "income near a ceiling: twelve months, M-13..M-2 or M-12..M-1")
                try:
                    rows.append((case, parvis(a.url, case), want))
                except urllib.error.HTTPError as e:
                    print(f"{case['id']}: HTTP {e.code} {e.read().decode(errors='replace')[:300]}")
                    return 2
            odd = [r for r in rows if any(not alike(r[1][v], r[2][v]) and v not in r[0]["why"] for v in OUTPUTS)]
            if odd:
                explain_loop(a.url, of, odd)
            for case, got, want in rows:
                differs = [v for v in OUTPUTS if out.add(case, v, got[v], want[v])]
                if differs and a.save:
                    with open(a.save, "a", encoding="utf-8") as f:
                        f.write(json.dumps({**case, "want": want, "got": got, "differs": differs}) + "\n")
            print(f"{month}: {a.households} households, {sum(map(len, out.unknown.values()))} differences so far", flush=True)
        of.stdin.close()
    return out.report()


def main():
    if sys.argv[1:] == ["--openfisca"]:
        openfisca()
        return 0
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--url", required=True)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--households", type=int, default=20, help="households per month")
    p.add_argument("--from", dest="first", default="2024-06")
    p.add_argument("--to", dest="last", default="2026-06")
    p.add_argument("--venv", help="Python environment to use or to make; default: a temporary one")
    p.add_argument("--save", help="append the households that differ to this JSONL file")
    a = p.parse_args()
    with tempfile.TemporaryDirectory(prefix="compare-openfisca-") as scratch:
        home = os.path.abspath(a.venv or scratch)
        python = os.path.join(home, "bin", "python")
        if not os.path.exists(python):
            print(f"making a Python environment in {home}")
            venv.create(home, with_pip=True)
        if subprocess.run([python, "-c", "import openfisca_france"], stderr=subprocess.DEVNULL, check=False).returncode:
            print("installing " + ", ".join(PACKAGES))
            if subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=False).returncode:
                print("openfisca-france could not be installed", file=sys.stderr)
                return 2
        return run(a, python)


if __name__ == "__main__":
    sys.exit(main())
