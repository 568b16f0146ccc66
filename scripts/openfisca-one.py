"""Times OpenFisca-France on one household, for scripts/bench-rights.sh: the
processor time of building the simulation and of the eleven rights, warm."""

import resource
import time

from importlib.metadata import version

began = time.process_time()
from openfisca_core.simulation_builder import SimulationBuilder
from openfisca_france import CountryTaxBenefitSystem

system = CountryTaxBenefitSystem()
print(f"openfisca-france {version('openfisca-france')}: ready after {time.process_time() - began:.1f} s")

MONTH = "2026-06"
MONTHS = [f"{y}-{m:02d}" for y in range(2023, 2027) for m in range(1, 13) if (y, m) <= (2026, 6)]
RIGHTS = {
    "familles": ["rsa", "ppa", "aide_logement", "aspa", "cmu_c", "css_participation_forfaitaire", "af", "asf", "cf", "paje_base"],
    "individus": ["aah"],
}


def household():
    wage = {m: 1350.0 for m in MONTHS}
    adult = {
        "date_naissance": {"ETERNITY": "1988-03-04"},
        "activite": {m: "actif" for m in MONTHS},
        "salaire_net": dict(wage), "salaire_imposable": dict(wage), "salaire_de_base": {m: 1730.0 for m in MONTHS},
    }
    child = lambda day: {"date_naissance": {"ETERNITY": day}}
    return {
        "individus": {"a": adult, "b": child("2016-05-06"), "c": child("2021-07-08")},
        "familles": {"f": {"parents": ["a"], "enfants": ["b", "c"]}},
        "foyers_fiscaux": {"t": {"declarants": ["a"], "personnes_a_charge": ["b", "c"]}},
        "menages": {"m": {
            "personne_de_reference": ["a"], "enfants": ["b", "c"],
            "statut_occupation_logement": {m: "locataire_hlm" for m in MONTHS}, "loyer": {m: 420.0 for m in MONTHS},
            "depcom": {m: "87085" for m in MONTHS},
        }},
    }


for turn in range(3):
    start = time.process_time()
    simulation = SimulationBuilder().build_from_entities(system, household())
    for names in RIGHTS.values():
        for name in names:
            try:
                simulation.calculate(name, MONTH)
            except Exception as why:  # a right that this version does not have, or has for another period
                print(f"  {name}: {type(why).__name__}")
    print(f"one household, turn {turn + 1}: {time.process_time() - start:.2f} s")
print(f"memory at the most: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10} MB")
