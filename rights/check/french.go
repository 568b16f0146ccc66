package check

import (
	"fmt"
	"strings"

	"codeberg.org/parvis/parvis/rights/lang"
)

// What is said to people who write rules.
const (
	msgTwice              = "« %s » est déjà déclaré (%s, ligne %d)"
	msgTwiceHere          = "« %s » est écrit deux fois ici"
	msgBuiltin            = "« %s » est un nom du langage"
	msgUnit               = "« %s » n'est pas une unité"
	adviceUnit            = "€, %, nombre, mois, an, jour, heure, m², et leurs rapports comme €/mois"
	msgUnknownType        = "« %s » n'est ni un type ni une énumération déclarée"
	adviceType            = "booléen, date, texte, une énumération, ou une unité comme €/mois"
	msgWantType           = "il faut ici une valeur de type %s"
	msgUnitsDiffer        = "les unités ne vont pas ensemble: %s et %s"
	msgPercent            = "cette valeur est un pourcentage"
	advicePercent         = "écrivez « %s %% »"
	msgNotAValue          = "« %s » n'est pas une valeur de %s"
	msgNoSuchDate         = "la date %s n'existe pas"
	msgSharedNotNumber    = "seul un nombre peut être réparti sur l'année"
	adviceSharedNotNumber = "écrivez « année répétée »"
	msgDerivedFrom        = "« déduit de » : « %s » ne peut se déduire que d'une autre entrée chiffrée, de même sujet, de même période, de même unité, qui ne se déduit pas elle-même"
	adviceDerivedFrom     = "par exemple « déduit de salaire_net × part_imposable »"
	msgDerivedTimes       = "« déduit de … × %s » : ce doit être un paramètre sans clé, en nombre ou en %%"
	msgSpreadNotMonthly   = "« année » ne concerne que les entrées par mois"
	msgPastNotMonthly     = "« remonte » ne concerne que les règles par mois"
	msgDatesOrder         = "les dates « à partir du » vont de la plus ancienne à la plus récente"
	msgResultType         = "%s doit donner %s, ce calcul donne %s"

	msgKeyEnum     = "« %s » n'est pas une énumération"
	msgGridHead    = "la première ligne de la grille donne les valeurs de « %s »"
	msgGridNoHead  = "cette grille n'a qu'une clé: une ligne par valeur, sans en-tête"
	msgGridCells   = "cette ligne a %d valeurs, il en faut %d"
	msgGridKey     = "« %s » n'est pas une valeur de %s"
	msgGridWhole   = "« %s » n'est pas un nombre entier"
	msgGridOrder   = "les nombres d'une grille vont en montant"
	msgGridHole    = "la grille saute de %d à %d"
	msgGridMissing = "il manque « %s » dans la grille"
	msgGridMore    = "« en plus » vient en dernier, après des nombres"
	msgNeedGrid    = "ce paramètre a des clés: il lui faut une grille"
	msgNeedValue   = "ce paramètre n'a pas de clé: il lui faut une valeur"
	msgBrackets    = "les tranches vont en montant"
	msgTableRead   = "la table « %s » ne peut pas être lue: %v"
	msgTableLine   = "table « %s », ligne %d: %s"

	msgUnknownName   = "« %s » n'est déclaré nulle part"
	adviceInput      = "déclarez-le comme entrée, paramètre ou règle"
	msgMoreDims      = "%s × %s ne veut rien dire ici"
	adviceEuroEuro   = "l'un des deux devrait être un taux (%) ou un nombre"
	msgDivDims       = "%s / %s ne veut rien dire ici"
	msgNotNumber     = "il faut un nombre ici, pas %s"
	msgNotBool       = "il faut une condition ici (vrai ou faux), pas %s"
	msgNotDate       = "il faut une date ici, pas %s"
	msgNotText       = "il faut un texte ici, pas %s"
	msgCompare       = "on ne peut pas comparer %s et %s"
	msgOrder         = "%s n'a pas d'ordre: seuls = et ≠ s'emploient"
	msgMix           = "on ne peut pas réunir %s et %s"
	adviceParens     = "mettez entre parenthèses ce qui est calculé avant de comparer"
	msgDateMinus     = "pour l'écart entre deux dates"
	adviceDateMinus  = "années entre … et …, mois entre … et …, ou jours entre … et …"
	msgDateAdd       = "on ajoute à une date des jours, des mois ou des ans"
	msgUndecided     = "le type de cette valeur ne se devine pas ici"
	msgWrongEntity   = "%s se dit d'%s ; ici on calcule pour %s"
	adviceMember     = "« somme pour les %s : %s », ou « %s du %s »"
	advicePassage    = "« %s %s »"
	msgYearlyHere    = "%s est annuel ; ici on calcule un mois"
	adviceYearlyHere = "écrivez « %s en N » ou « %s en N-2 »"
	msgMonthlyHere   = "%s est mensuel ; ici on calcule une année"
	adviceMonthHere  = "écrivez « somme sur N : %s » ou « %s en octobre N »"
	msgEternalHere   = "%s change avec le temps ; cette règle vaut pour toujours"
	msgMomentMonth   = "M n'existe pas ici: on calcule une année"
	adviceMomentYear = "N, N-2, ou octobre N"
	msgMomentNone    = "ni M ni N n'existent dans une règle qui vaut pour toujours"
	msgFuture        = "cette fenêtre finit avant de commencer"
	msgFoldBody      = "il manque « : » et ce qu'on calcule"
	msgFoldPath      = "« %s » ne s'emploie pas sur des mois"
	msgFoldBool      = "on ne fait pas la %s de conditions"
	adviceFoldBool   = "« nombre … : condition » les compte"
	msgFoldTwo       = "rang demande « : » et ce qui sert à classer"
	msgRankEntity    = "rang classe des %s ; ici on calcule pour %s"
	msgPathStep      = "depuis %s, « %s » ne mène nulle part"
	msgPathMany      = "« %s » désigne plusieurs sujets"
	advicePathMany   = "employez somme, nombre, maximum, un des, tous les…"
	msgPathOne       = "« %s » ne désigne qu'un sujet"
	advicePathOne    = "« X du %s »"
	msgAtDate        = "« à la date » s'emploie sur un paramètre"
	msgArgs          = "%s demande %d valeur(s) entre parenthèses, pas %d"
	msgNoArgs        = "%s ne s'emploie pas avec des parenthèses"
	msgNeedArgs      = "%s s'emploie avec des parenthèses"
	msgRoundStep     = "le pas %s ne va pas avec %s"
	msgCycle         = "ces règles se mordent la queue au même mois: %s"
	msgPastCycle     = "cette règle finit par se relire dans le passé: %s"
	advicePastCycle  = "ajoutez « remonte au plus N mois, au départ … » à l'une d'elles"
	msgLetTwice      = "« %s » nomme déjà autre chose"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

// adviceValues names the nearest value, or all of them when they are few.
func adviceValues(word string, values []string) string {
	if near := lang.Nearest(word, values, 1); len(near) > 0 {
		return "« " + near[0] + " » ?"
	}
	if len(values) <= 12 {
		return strings.Join(values, ", ")
	}
	return ""
}
