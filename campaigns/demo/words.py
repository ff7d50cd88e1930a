"""The words of the sample data: Feuillet, a maker of software for school magazines."""

from campaigns.planning.fields import Field
from campaigns.planning.pages import Consent

ROLES = ("Teacher", "Headteacher", "Parent", "Town hall")
ROLES_FR = ("Enseignant", "Directeur d’école", "Parent", "Mairie")

FIELDS = (
    Field("email", "E-mail address", "email", True),
    Field("school", "Your school", "text"),
    Field("role", "You are", "choice", False, ROLES),
)
FIELDS_FR = (
    Field("email", "Adresse électronique", "email", True),
    Field("school", "Votre école", "text"),
    Field("role", "Vous êtes", "choice", False, ROLES_FR),
)
CONSENTS = (Consent("news", "Write to me about my school’s magazine. I can stop with one click."),)
CONSENTS_FR = (Consent("news", "Écrivez-moi au sujet du journal de mon école. J’arrête d’un clic."),)

COUPON_BODY = """\
# What a year of Feuillet is

* **Every pupil writes.** Accounts without an e-mail address, for as many pupils as you have.
* **Pages that hold together.** Forty layouts drawn by a newspaper designer. Nothing slips, nothing overlaps.
* **Print it, or read it.** A PDF for the copier, copies from €1.90, a page to read that only families open.

> “It is the only letter home that parents ask for.” Anne Kermarrec, headteacher, Quimper

# Before you ask

**What happens after the first year?** €210 a year, if you go on. We write a month before, and nothing renews by itself.

**Can the town hall pay?** Yes, by transfer, on an invoice. The code works there too.
"""
PAPER_BODY = """\
# What is inside

1. **Who does what.** Editors, reporters, artists: a role for each of 26 pupils.
2. **Friday by Friday.** Six sessions of an hour, minute by minute.
3. **Twelve layouts to copy.** Front page, interview, comic, recipe, letters.
4. **Words that children write.** How to correct without writing in their place.
5. **Printing, and what it costs.** From the school copier to a printer.
6. **The wall calendar.** One page to print and hang.

> “By the third Friday I had nothing left to explain. They ran to their desks.” Camille Roussel, Rennes
"""
PAPER_BODY_FR = """\
# Ce que vous y trouverez

1. **Qui fait quoi.** Rédacteurs, reporters, dessinateurs : un rôle pour chacun des 26 élèves.
2. **Vendredi après vendredi.** Six séances d’une heure, minute par minute.
3. **Douze maquettes à copier.** La une, l’entretien, la bande dessinée, la recette, le courrier.
4. **Les mots des enfants.** Corriger sans écrire à leur place.
5. **Imprimer, et à quel prix.** Du copieur de l’école à l’imprimeur.
6. **Le calendrier mural.** Une page à imprimer et à accrocher.

> « Au troisième vendredi, je n’avais plus rien à expliquer. » Camille Roussel, CM1, Rennes
"""

TWEETS = (
    "Nine-year-olds, six Fridays, one twelve-page magazine. The plan they followed, week by week: {link}",
    "Your first issue before Christmas: 30% off the first year of Feuillet, until 13 December. {link}",
    "A headteacher told us: “It is the only letter home that parents ask for.” {link}",
    "“I made ours in an afternoon.” Camille Roussel, who teaches in Rennes, tells how. {link}",
    "The same four pages, in a word processor and in Feuillet. {link}",
    "Who writes your school’s magazine? Pupils, teachers, parents, nobody yet. {link}",
    "Three opening lines by pupils of ten. We would read on. {link}",
    "Press week in schools: what we would read first. {link}",
    "A printed copy costs €1.90. The maths of a school magazine: {link}",
    "A role for each of 26 pupils, from editor to courier. {link}",
    "How to correct a text without writing in the child’s place: {link}",
    "Twelve layouts to copy. The comic page is the one they fight for. {link}",
    "No e-mail address needed for any pupil, and families alone can read it. {link}",
    "A class of CM2 in Lille has printed its first page. {link}",
    "Six questions to ask in an interview when you are eight. {link}",
    "The recipe page is the best read one. Here is why: {link}",
    "What a magazine does for reading marks: four schools, one year. {link}",
    "The wall calendar of the magazine, one page to print: {link}",
    "From the school copier to the printer: what each costs. {link}",
    "The front page of the month comes from Quimper. {link}",
)
TWEETS_GUIDE = (
    "A school magazine in six Fridays: the free guide, with the calendar to hang in class. {link}",
    "One hour a week, one class, twelve printed pages. The whole plan: {link}",
    "Friday one: who does what. Friday six: the printer. What happens between: {link}",
    "140 schools have followed this plan. Three of them wrote back. {link}",
    "No computer in class? Two are enough, and one chapter is for a class without any. {link}",
    "Your pupils are seven? The texts change, the plan stays. {link}",
    "The minute-by-minute sheet of a magazine hour, as we use it: {link}",
    "What to do with the child who has nothing to write about. Page 20: {link}",
    "Letters to the editor, when the editor is eight years old: {link}",
    "From the school copier to a printer: €0.40 to €1.90 a copy, and why. {link}",
    "The interview sheet that made the mayor nervous: {link}",
    "Comic, recipe, interview, letters: pick three, and you have an issue. {link}",
    "We asked 26 pupils which role they wanted. Nobody chose editor. {link}",
    "The third Friday is the hard one. How to get through it: {link}",
    "A guide for those who said never again after the last magazine. {link}",
    "What goes on the front page? A class votes, and it takes four minutes. {link}",
    "The list of everything to have ready on Thursday evening: {link}",
    "Free, and without an account: the plan for a school magazine. {link}",
    "Six Fridays from today is before the holidays. {link}",
    "The calendar alone is worth the print: one page for the wall. {link}",
)
TWEETS_FR = (
    "Des élèves de neuf ans, six vendredis, un journal de douze pages. Leur plan, semaine après semaine : {link}",
    "« Au troisième vendredi, je n’avais plus rien à expliquer. » {link}",
    "Un rôle pour chacun des 26 élèves, du rédacteur en chef au coursier : {link}",
    "Trois premières phrases d’élèves de dix ans. On lirait la suite. {link}",
    "La recette est la page la plus lue. Voici pourquoi : {link}",
    "Un exemplaire imprimé coûte 1,90 €. Le calcul complet : {link}",
    "Douze maquettes à copier, dont la bande dessinée qu’ils s’arrachent. {link}",
    "Corriger un texte sans écrire à la place de l’enfant : {link}",
    "Semaine de la presse à l’école : ce que nous lirions d’abord. {link}",
    "La une du mois vient de Quimper. {link}",
    "Six questions pour un entretien, quand on a huit ans : {link}",
    "Une classe de CM2 de Lille a imprimé sa première page. {link}",
    "Le calendrier mural du journal, une page à imprimer : {link}",
    "Du copieur de l’école à l’imprimeur : ce que coûte chacun. {link}",
    "Qui écrit le journal de votre école ? {link}",
    "Aucune adresse électronique pour les élèves, et seules les familles lisent. {link}",
    "Quatre écoles, une année : ce que le journal change à la lecture. {link}",
    "La page du courrier des lecteurs, tenue par des enfants de sept ans. {link}",
    "Un journal, c’est aussi des désaccords. Comment on vote la une : {link}",
    "Ce que nous avons appris de 140 écoles : {link}",
)

FIRST_NAMES = (
    "claire", "mael", "ines", "yann", "lucie", "ronan", "amina", "paul", "elise", "karim", "soazig", "hugo",
    "nadia", "theo", "margot", "erwan", "julie", "samir", "anais", "gael",
)  # fmt: skip
LAST_NAMES = (
    "aubry", "kermarrec", "roussel", "legoff", "benali", "moreau", "lebras", "garnier", "petit", "caron", "diallo",
    "martin", "leroux", "nguyen", "riou", "bonnet", "colin", "marchand", "tanguy", "perrot",
)  # fmt: skip
SCHOOLS = (
    "École Jean-Moulin, Angers", "École des Tilleuls, Nantes", "Montessori, Angers", "École Simone-Veil, Lille",
    "École du Port, Quimper", "Collège Paul-Éluard, Brest", "École Jules-Ferry, Rennes", "École Diwan, Lannion",
)  # fmt: skip

NEWSLETTERS = (
    ("Issue-11", "Newsletter 11: the offer"), ("Issue-12", "Newsletter 12: six Fridays"),
    ("Lettre-12", "Lettre 12 : six vendredis"),
)  # fmt: skip
MISTYPED = ("Feud0O", "feud", "Feuil1et")
"""Codes as people copy them from paper."""
