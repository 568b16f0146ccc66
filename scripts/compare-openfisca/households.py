"""Random households in the form of the OpenFisca web API, drawn wide: they stand for nobody and are no statistics.

A household is {"id", "month", "input", "why"}: `input` is a situation for one family, its tax units and its home;
`why` says which outputs OpenFisca is known to compute otherwise than the law for it, {output: reason}. Money is in
euros a month, from January of N-3 to the month asked, zeros written, net, gross and taxable amounts side by side.
"""

COMMUNES = {
    "I": ("75056", "93066", "94028", "92050"),
    "II": ("69123", "13055", "33063", "59350", "31555", "80021", "87085", "2A004"),
    "III": ("23096", "48095", "15014", "58194"),
    "overseas": ("97411", "97105", "97209", "97302"),
}
MONEY = ("salaire_de_base", "salaire_net", "salaire_imposable", "chomage_net", "chomage_imposable", "retraite_brute",
         "retraite_nette", "retraite_imposable", "pensions_invalidite", "pensions_alimentaires_percues")
HEALTH = ("cmu_c", "css_participation_forfaitaire")
HOUSING = ("aide_logement", "apl", "alf", "als")
KINDS = ("employee", "part_time", "unsteady", "starting", "lost_job", "unemployed", "end_of_rights", "ass", "student", "apprentice",
         "young", "young_worked", "inactive", "self_employed", "retired", "early_retired", "invalid", "invalid_worker", "disabled",
         "disabled_worker", "restricted", "disabled_pension", "disabled_before_2023", "foreign")
WEIGHTS = (6, 4, 4, 2, 3, 3, 2, 5, 2, 1, 3, 2, 4, 2, 4, 1, 2, 1, 2, 3, 2, 1, 2, 2)


def shift(month, by):
    """month "2025-03" moved by a number of months"""
    at = int(month[:4]) * 12 + int(month[5:]) - 1 + by
    return f"{at // 12:04d}-{at % 12 + 1:02d}"


def span(first, last):
    while first <= last:
        yield first
        first = shift(first, 1)


class Maker:
    """draws households for one month"""

    def __init__(self, rnd, month):
        self.rnd, self.month, self.year = rnd, month, int(month[:4])
        self.window = list(span(f"{self.year - 3}-01", month))
        self.statuses = [m for m in self.window if m >= shift(month, -25)]

    # dates and series

    def born(self, low, high):
        """an age in years at the month, drawn between low and high, as a date of birth"""
        m = shift(self.month, -self.rnd.randint(max(1, low * 12), high * 12 + 11))
        return f"{m}-{self.rnd.randint(3, 28):02d}"

    def flat(self, value):
        return {m: value for m in self.window}

    def status(self, value):
        return {m: value for m in self.statuses}

    def wages(self, p, amount):
        """amount(month) is the gross wage"""
        for m in self.window:
            gross = round(amount(m), 2)
            net = round(gross * .785, 2)
            p["salaire_de_base"][m], p["salaire_net"][m], p["salaire_imposable"][m] = gross, net, round(net + gross * .0285, 2)

    def paid(self, p, name, amount):
        """a replacement income: amount(month) is net"""
        for m in self.window:
            net = round(amount(m), 2)
            p[name + ("_nette" if name == "retraite" else "_net")][m] = net
            p[name + "_imposable"][m] = round(net * (1.03 if net > 1000 else 1), 2)
            if name == "retraite":
                p["retraite_brute"][m] = round(net * (1.09 if net > 1000 else 1), 2)

    # people

    def adult(self, kind, why):
        rnd = self.rnd
        p = {"date_naissance": {"ETERNITY": self.born(25, 61)}, "activite": self.status("actif")}
        for name in MONEY:
            p[name] = self.flat(0)
        level = rnd.choice([300, 500, 700, 900, 1100, 1300, 1500, 1802, 1950, 2200, 2600, 3200]) * rnd.uniform(.97, 1.03)
        if kind in ("employee", "part_time", "foreign"):
            level *= 1 if kind == "employee" else rnd.choice([.3, .5, .8])
            raised = shift(self.month, -rnd.randint(5, 30))
            self.wages(p, lambda m: level * (1 if m < raised else 1.04))
        elif kind == "unsteady":
            self.wages(p, lambda m: level * rnd.choice([0, .3, .6, 1, 1.2]))
        elif kind == "starting":
            start = shift(self.month, -rnd.randint(0, 6))
            self.wages(p, lambda m: level if m >= start else 0)
        elif kind in ("lost_job", "unemployed", "end_of_rights", "ass"):
            lost = {"lost_job": (0, 3), "unemployed": (3, 20), "end_of_rights": (8, 30), "ass": (20, 34)}[kind]
            start = shift(self.month, -rnd.randint(*lost))
            ends = shift(self.month, -rnd.randint(0, 8)) if kind == "end_of_rights" else shift(self.month, -rnd.randint(1, 12)) if kind == "ass" else None
            self.wages(p, lambda m: level if m < start else 0)
            benefit = level * .785 * rnd.choice([.57, .75]) if kind != "lost_job" or rnd.random() < .5 else 0
            self.paid(p, "chomage", lambda m: benefit if m >= start and (ends is None or m < ends) else 0)
            p["activite"] = {m: "chomeur" if m >= start else "actif" for m in self.statuses}
            p["date_debut_chomage"] = {"ETERNITY": f"{start}-01"}
            if kind == "ass":
                p["ass_precondition_remplie"] = {m: m >= ends for m in self.statuses}
                p["date_naissance"]["ETERNITY"] = self.born(38, 63)
        elif kind == "student":
            p.update(activite=self.status("etudiant"), boursier=self.status(rnd.random() < .4), date_naissance={"ETERNITY": self.born(18, 27)})
            level = rnd.choice([0, 0, 250, 500, 900])
            self.wages(p, lambda m: level)
        elif kind == "apprentice":
            start = shift(self.month, -rnd.randint(4, 20))
            p.update(apprenti={m: True for m in self.statuses if m >= start}, date_naissance={"ETERNITY": self.born(18, 25)})
            for m in self.window:
                if m >= start:
                    p["salaire_de_base"][m], p["salaire_net"][m] = round(level * .6, 2), round(level * .57, 2)
        elif kind in ("young", "young_worked"):
            p["date_naissance"]["ETERNITY"] = self.born(18, 24)
            level = rnd.choice([0, 0, 400, 900, 1300])
            self.wages(p, lambda m: level)
            p["activite"] = self.status("actif" if level else "chomeur")
            if kind == "young_worked":
                p["rsa_jeune_condition_heures_travail_remplie"] = self.status(True)
        elif kind == "inactive":
            p["activite"] = self.status("inactif")
        elif kind == "self_employed":
            turnover = rnd.choice([400, 3000, 12000, 25000, 48000])
            p[rnd.choice(["mbnc_impo", "mbic_imps", "mbic_impv"])] = {str(y): round(turnover * rnd.uniform(.8, 1.2)) for y in range(self.year - 3, self.year)}
        elif kind in ("retired", "early_retired"):
            pension = rnd.choice([0, 300, 600, 850, 950, 1050, 1300, 1700, 2400])
            ages = (66, 90) if kind == "retired" else (62, 65)
            p.update(activite=self.status("retraite"), date_naissance={"ETERNITY": self.born(*ages)})
            self.paid(p, "retraite", lambda m: pension)
            if rnd.random() < .15:
                level = rnd.choice([250, 600])
                self.wages(p, lambda m: level)
        elif kind in ("invalid", "invalid_worker"):
            pension = rnd.choice([350, 500, 700, 850, 1000])
            p.update(pensions_invalidite=self.flat(pension), taux_incapacite=self.status(rnd.choice([.5, .7])), handicap=self.status(True), activite=self.status("inactif"))
            if kind == "invalid_worker":
                level = rnd.choice([300, 700, 1200])
                self.wages(p, lambda m: level)
                p["activite"] = self.status("actif")
        elif kind.startswith("disabled") or kind == "restricted":
            p.update(taux_incapacite=self.status(.55 if kind == "restricted" else rnd.choice([.8, .85, .95])), handicap=self.status(True),
                     activite=self.status("inactif"), date_naissance={"ETERNITY": self.born(20, 64)})
            if kind == "restricted":
                p["aah_restriction_substantielle_durable_acces_emploi"] = self.status(rnd.random() < .8)
            if kind == "disabled_worker" or kind == "restricted" and rnd.random() < .3:
                level = rnd.choice([200, 500, 900, 1400, 1800])
                self.wages(p, lambda m: level)
                p["activite"] = self.status("actif")
            if kind == "disabled_pension":
                p["pensions_invalidite"] = self.flat(rnd.choice([200, 500, 900, 1100]))
            if kind == "disabled_before_2023":
                p["aah_conjugalise_eligible"] = self.status(True)
        if kind == "foreign":
            p["nationalite"] = self.status(rnd.choice(["DZ", "MA", "BR", "CI", "TR", "DE", "PT", "CH"]))
            p["duree_possession_titre_sejour"] = self.status(rnd.choice([0, 1, 3, 5, 6, 11]))
        if rnd.random() < .06:
            p["livret_a"] = self.status(rnd.choice([3000, 12000, 22000]))
        if rnd.random() < .03:
            p["epargne_revenus_non_imposables"] = self.status(rnd.choice([5000, 30000]))
        return p

    def child(self, oldest, why):
        """a child at most `oldest` years old"""
        rnd = self.rnd
        age = min(max(0, oldest), rnd.choice([0, 0, 1, 2, 2, 3, 4, 5, 6, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22]))
        c = {"date_naissance": {"ETERNITY": self.born(age, age)}}
        school = "maternelle" if age < 6 else "primaire" if age < 11 else "college" if age < 15 else "lycee" if age < 18 else "enseignement_superieur"
        if age >= 3:
            c["scolarite"] = self.status(school)
        if age >= 16:
            c["activite"] = self.status("etudiant")
            if rnd.random() < .2:
                level = rnd.choice([300, 700, 1500])
                for name in MONEY:
                    c[name] = self.flat(0)
                self.wages(c, lambda m: level)
                c["activite"] = self.status("actif")
                why.update({k: "a child's own income" for k in ("rsa", "ppa", "ars", "cf", *HEALTH)})
        if rnd.random() < .05:
            c["handicap"] = self.status(True)
            level = rnd.randint(0, 6)
            c["aeeh_niveau_handicap"] = self.status(level)
            if age >= 19:
                why["aeeh"] = "the complement does not stop at twenty"
            elif 2 <= level <= 5:
                why["aeeh"] = "categories 2 to 5 are shifted by one"
        if rnd.random() < .03:
            c["garde_alternee"] = self.status(True)
            why.update({k: "shared custody is modelled for af only" for k in ("cf", "paje_base", "ars", "rsa", "ppa", *HOUSING, *HEALTH)})
        return c

    # the household

    def household(self, number):
        rnd, why = self.rnd, {}
        adults = rnd.choice([1, 1, 1, 2, 2])
        kinds = rnd.choices(KINDS, WEIGHTS, k=adults)
        names = [f"adult{i + 1}" for i in range(adults)]
        people = {n: self.adult(k, why) for n, k in zip(names, kinds)}
        old = any(k in ("retired", "early_retired") for k in kinds)
        children = [f"child{i + 1}" for i in range(0 if old else rnd.choice([0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 6]))]
        youngest = max(p["date_naissance"]["ETERNITY"] for p in people.values())
        for c in children:
            people[c] = self.child(self.year - int(youngest[:4]) - 18, why)
        married = adults == 2 and rnd.random() < .65
        for n in names:
            people[n]["statut_marital"] = self.flat(rnd.choice(["marie", "pacse"]) if married else "celibataire")
        if married:
            people[names[1]]["statut_marital"] = dict(people[names[0]]["statut_marital"])
        family = {"parents": names, "enfants": children}
        if adults == 1 and children:
            family["rsa_isolement_recent"] = self.status(rnd.random() < .4)
            if rnd.random() < .25:
                people[names[0]]["pensions_alimentaires_percues"] = self.flat(rnd.choice([60, 120, 250, 500]))
                why.update({k: "part of a maintenance" for k in ("rsa", "ppa", "asf")})
        if rnd.random() < .03:
            people[names[0]]["enceinte"] = self.status(True)
            why.update({k: "pregnancy" for k in ("rsa", "ppa", *HOUSING, *HEALTH)})
        units = {"unit1": {"declarants": names, "personnes_a_charge": children}}
        if adults == 2 and not married:
            units = {"unit1": {"declarants": names[:1], "personnes_a_charge": children}, "unit2": {"declarants": names[1:], "personnes_a_charge": []}}
        home = self.home(names, children, why)
        situation = {"individus": people, "familles": {"family": family}, "foyers_fiscaux": units, "menages": {"home": home}}
        self.explain(kinds, people, names, why)
        return {"id": f"{self.month}-{number}", "month": self.month, "kinds": kinds, "input": situation, "why": why}

    def home(self, names, children, why):
        rnd = self.rnd
        status = rnd.choice(["locataire_hlm"] * 4 + ["locataire_vide"] * 5 + ["locataire_meuble"] * 3 + ["primo_accedant", "loge_gratuitement", "proprietaire", "locataire_foyer"])
        rent = rnd.choice([150, 230, 300, 380, 450, 550, 700, 900, 1300]) + rnd.randint(0, 60)
        if status in ("loge_gratuitement", "proprietaire"):
            rent = 0 if status == "loge_gratuitement" or rnd.random() < .6 else rent
        facts = {"statut_occupation_logement": status, "loyer": rent, "depcom": rnd.choice(COMMUNES[rnd.choice(["I", "II", "II", "III", "III", "overseas"])])}
        home = {"personne_de_reference": names[:1], "conjoint": names[1:], "enfants": children}
        if status == "primo_accedant":
            home["aide_logement_date_pret"] = {"ETERNITY": f"{rnd.randint(2009, 2019)}-{rnd.randint(1, 12):02d}-15"}
            facts["etat_logement"] = rnd.choice(["construction_acquisition_logement_neuf", "acquisition_sans_amelioration_logement_existant"])
        elif status == "locataire_foyer":
            why.update({k: "homes: not computable" for k in (*HOUSING, "caah", "rsa", "ppa", *HEALTH)})
        elif status.startswith("locataire") and rnd.random() < .08:
            facts["coloc"] = True
        elif status.startswith("locataire") and rnd.random() < .06:
            facts["logement_chambre"] = True
        elif status == "loge_gratuitement":
            facts["participation_frais"] = rnd.random() < .4
        home.update({name: self.status(value) for name, value in facts.items()})
        return home

    def explain(self, kinds, people, names, why):
        """what OpenFisca is known to compute otherwise (docs/differences)"""
        month = self.month
        age = {n: int(month[:4]) - int(people[n]["date_naissance"]["ETERNITY"][:4]) for n in names}

        def say(outputs, reason):
            for o in outputs:
                why.setdefault(o, reason)

        if month >= "2025-04":
            say(HEALTH, "ceilings of 2024")
        if month >= "2026-04":
            say(("asi",), "ceilings of 2026-04 are missing")
        if len(names) == 1 and len(people) > 1:
            say(("asf",), "given to every isolated parent")
        if "self_employed" in kinds:
            say(("rsa", "ppa", "ass", *HEALTH, *HOUSING), "self-employed")
        if any("rsa_jeune_condition_heures_travail_remplie" in people[n] and a <= 19 for n, a in age.items()):
            say(("rsa", "ppa", *HOUSING, *HEALTH), "young workers from 19 instead of 18")
        if "ass" in kinds and ("unemployed" in kinds or "lost_job" in kinds or "end_of_rights" in kinds):
            say(("ass",), "a partner's benefit net instead of taxable")
        if "retired" in kinds and any(k.startswith("invalid") for k in kinds):
            say(("asi", "aspa", "aah"), "one partner of each allowance")
        if "student" in kinds and len(names) == 2:
            say(("rsa", "ppa", *HEALTH), "couple with a student")
        if any(a <= 25 for a in age.values()):
            say(HEALTH, "young adult")
        if any(a in (30, 50, 60, 70) for a in age.values()):
            say(("css_participation_forfaitaire",), "age band on 1 January")
        if any(61 <= age[n] <= 67 and people[n].get("taux_incapacite") for n in names):
            say(("aspa", "asi", "aah", "caah", "rsa", "ppa", *HOUSING, *HEALTH), "unfit from 62, legal age by generation")
        if any("livret_a" in p or "epargne_revenus_non_imposables" in p for p in people.values()):
            say(("aspa", "asi", "aah", "caah"), "savings")
        quarter = range(4, 1, -1) if month >= "2025-03" else range(3, 0, -1)
        for n in names:
            p = people[n]
            for name in ("salaire_net", "chomage_net"):
                at = p[name]
                # stopped before last month, with something left in the quarter; or in it and started again
                if at[month] == 0 and any(at[shift(month, -k)] for k in range(1, 5)) and at[shift(month, -1)] == 0:
                    say(("rsa", *HOUSING, *HEALTH), "an income stopped before last month")
            works = [p["salaire_net"][shift(month, -k)] > 0 for k in range(1, 5)]
            if month >= "2025-03" and any(works[:3]) != any(works[k - 1] for k in quarter):
                say(("ppa",), "activity looked at in M-3..M-1")
            if "nationalite" in p and p["nationalite"][month] not in ("DE", "PT", "CH"):
                say(("aspa", "asi", *HEALTH), "stay of a foreign person")
                if len(people) > 1:
                    say(("rsa", "ppa"), "the stay is looked at on any member")
