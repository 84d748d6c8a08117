"""Words that say nothing of what a text is about: by them a language is known, and in questions they are left out."""

from __future__ import annotations

FUNCTION_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": """
            a about after all also am an and any are as at be been before being but by can could did do does doing
            done ever for from get gets getting give given go going got had happen happens has have having he her
            here him his how i if in into is it its itself just know let like long many may me might mine more most
            much must my need no not of off on once one only or other our out over own please put say says shall she
            should so some someone somebody something still such take tell than that the their them then there these
            they this those to too under until up us use used want was we were what when where whether which while
            who whom whose why will with would you your yours
        """,
        "de": """
            ab aber alle allem allen aller alles als also am an auch auf aus bei beim bekomme bekommt bevor bin bis
            bist bitte da dabei dafur dann daran darauf darf darfst das dass dem den denn der des deshalb die dies
            diese diesem diesen dieser dieses dir doch dort du durch durfen ein eine einem einen einer eines er es
            etwas euch fur gab geben geht gibt habe haben hat hatte hatten her hier hin ich ihm ihn ihnen ihr ihre
            ihrem ihren im in ins ist ja jede jedem jeden jeder jedes jemand kann kannst kein keine keinem keinen
            keiner konnen konnte lange mal man mehr mein meine meinem meinen meiner mich mir mit mochte mogen mui
            muss mussen musste nach nicht noch nun nur ob oder ohne passiert schon sehr sein seine seinen sich sie
            sind so soll sollen sollte sonst uber um und uns unser unsere unter viel viele vom von vor wann war
            waren warum was weil welche welchem welchen welcher welches wem wen wenn wer werde werden wessen wie
            wieder wieso wieviel wieviele will wir wird wo wofur woher wohin wollen womit woran worauf wozu wurde
            wurden zu zum zur
        """,
        "fr": """
            a ai apres au aucun aucune aussi autre aux avant avec avoir c ce cela celle celui ces cet cette chez
            combien comme comment d dans de depuis des dois doit doivent donc dont du elle elles en encore entre est
            et etait etre eux faire fait faut il ils j je l la laquelle le lequel les lesquels leur leurs lors lui m
            ma mais me meme mes moi mon n ne ni nos notre nous on ont ou par pas peut peuvent peux plus pour
            pourquoi puis qu quand quel quelle quelles quels qui quoi s sa sans se selon ses si son sont sous sur t
            ta te tes toi ton tous tout toute toutes tu un une va vers vont vos votre vous y
        """,
        "es": """
            a al algo alguien algun alguna ante antes asi aun aunque cada como con cual cuales cuando cuanta cuantas
            cuanto cuantos cuyo de debe deben debo del desde donde dos e el ella ellas ellos en entre era es esa ese
            eso esta estan estar este esto estos fue ha hace hacer hasta hay he la las le les lo los mas me mi mis
            mucho muy nada ni no nos nosotros o os otra otro para pero poco por porque pueda puede pueden puedo que
            quien quienes se sea segun ser si sin sobre solo son soy su sus tal tambien tan tanto te tengo ti tiene
            tienen todo todos tu tus u un una uno unos usted va y ya yo
        """,
        "it": """
            a ad agli ai al alla alle anche che chi ci come con cosa cui da dal dalla dei del della delle di dove e
            ed era essere fa gli ha hanno ho i il in io l la le lo loro ma mi mio nei nel nella no noi non o per
            perche piu posso puo qual quale quali quando quanto quanti quanta quante quello questa questo se si sono
            su sua sul sulla suo tra tu un una uno vi
        """,
        "pt": """
            a ao aos as como com cada da das de deve do dos e ela ele em entre era essa esse esta este eu foi ha
            isso isto ja la lhe mais mas me meu minha muito na nao nas nem no nos o onde os ou para pela pelo por
            porque posso pode quais qual quando quanto quantos quantas que quem se sem ser seu sua sao so sobre
            tambem te tem um uma voce
        """,
        "nl": """
            aan al als bij dan dat de deze die dit door een en er ge geen had heb hebben heeft het hij hoe hoeveel
            ik in is je kan kunnen maar me mee men met mijn moet mogen naar niet nog nu of om onder ons ook op over
            te tot uit van veel voor waar waarom waren was wat we welk welke werd wie wij worden wordt zal ze zich
            zij zijn zo zou
        """,
    }.items()
}
"""By language, folded as `engine.documents.search.words` folds: without accents, in small letters."""

CJK_FUNCTION_WORDS = (
    "为什么", "為什麼", "什么样", "什么时候", "什么", "什麼", "怎么样", "怎么办", "怎么", "怎麼",
    "怎样", "如何", "哪里", "哪裡", "哪儿", "哪些", "哪个", "哪种", "哪天", "谁", "誰", "多少",
    "多久", "多长时间", "多长", "几个", "几天", "几年", "几次", "吗", "嗎", "呢", "是否", "能否",
    "可否", "可以", "请问", "应该", "需要", "必须", "我们", "我", "你", "您", "的", "了",
    "どのくらい", "どれくらい", "どうすれば", "どのような", "どうやって", "どうして", "どこで", "どこに",
    "どこ", "いつまで", "いつ", "いくら", "いくつ", "どれ", "どの", "どう", "なぜ", "なに", "何時",
    "何日", "何年", "何回", "何人", "何を", "何が", "何", "だれ", "ですか", "でしょうか", "ますか",
    "ませんか", "ください", "です", "ます", "ました", "できる", "します", "する", "した", "している",
    "して",
    "어떻게", "무엇을", "무엇", "언제", "어디에서", "어디", "누가", "누구", "얼마나", "얼마", "몇",
    "왜", "인가요", "입니까", "합니까", "하나요", "되나요",
)  # fmt: skip
"""In Chinese, Japanese and Korean, longest first where one begins another. They are cut out of questions."""
