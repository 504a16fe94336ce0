"""Cards of every type, plain and awkward, for the tests to look at."""

from __future__ import annotations

from dialogs.cards.base import Button, Card
from dialogs.cards.menu import MenuCard, MenuItem
from dialogs.cards.notice import NoticeCard
from dialogs.cards.outcome import OutcomeCard, OutcomeLabels
from dialogs.cards.question import AnsweredCard, QuestionCard
from dialogs.cards.summary import SummaryCard
from dialogs.guide import Action, Detail, Link

WAYS = (
    Button("Back", "back", quiet=True),
    Button("Change an answer", "change", quiet=True),
    Button("Start over", "restart", quiet=True),
    Button("Talk to a person", "person", quiet=True),
)
YES_NO = (
    Button("Yes", "answer", "yes"),
    Button("No", "answer", "no"),
    Button("Not sure", "answer", "not-sure"),
)
LABELS = OutcomeLabels(
    documents="Recommended documents",
    check="How to see that it worked:",
    send_as_text="Send as text",
    was="formerly {url}",
    mark_article="The article says",
    mark_today="Today",
)
QUESTION = QuestionCard(4, "Did the guest receive the invitation e-mail?", YES_NO, ways=WAYS)
LEARN = "https://learn.microsoft.com/entra/external-id"
OLD = "https://docs.microsoft.com/azure/active-directory"
DOCUMENTS = (
    Link(
        title="Adding B2B collaboration guests to your Azure AD tenant",
        url=f"{LEARN}/add-users-administrator",
        was=f"{OLD}/active-directory-b2b-admin-add-users",
    ),
    Link(title="B2B collaboration licensing", url=f"{LEARN}/external-identities-pricing", was=f"{OLD}/licensing"),
    Link(title="B2B collaboration frequently asked questions (FAQ)", url=f"{LEARN}/faq"),
)
CODE = """Connect-MgGraph -Scopes "Policy.ReadWrite.Authorization"
if ($true) {
    Update-MgPolicyAuthorizationPolicy -AllowEmailVerifiedUsersToJoinOrganization:$true  # *all* of <them> & [more](x)
}

Get-MgPolicyAuthorizationPolicy | Format-List AllowEmail*"""

OUTCOME = OutcomeCard(
    turn=9,
    title="The guest's organisation has no account for them",
    intro="Their organisation exists in Microsoft Entra, but **the recipient's account does not**.",
    facts_title="What I understood:",
    facts=("The mail has arrived.", "They see an error when they redeem it (AADSTS65005)."),
    actions=(
        Action(
            who="You",
            do="Send the guest's administrator the *two ways* below; they decide which one fits.",
            check="The administrator answers.",
        ),
        Action(
            who="The guest's administrator",
            do="Allow accounts that are made while an invitation is redeemed.",
            details=(
                Detail(
                    text="Follow the page and set `-AllowEmailVerifiedUsers` to true.",
                    mark="article",
                    code="Set-MsolCompanySettings -AllowEmailVerifiedUsers $true",
                    links=(
                        Link(
                            title="Set-MsolCompanySettings",
                            url="https://learn.microsoft.com/powershell/module/msonline/set-msolcompanysettings",
                            was="https://docs.microsoft.com/powershell/msonline/v1/set-msolcompanysettings",
                        ),
                    ),
                ),
                Detail(
                    text="The MSOnline module stopped working in 2025. The same setting, with Microsoft Graph:",
                    mark="today",
                    code=CODE,
                ),
            ),
            check="`AllowEmailVerifiedUsersToJoinOrganization` reads **True**, and the guest can redeem.",
        ),
        Action(
            who="The guest's administrator",
            mark="article",
            do="Or: sync the guest's object from the on-premises Active Directory.",
        ),
    ),
    notes=(Detail(text="New invitations fall back to a passcode by e-mail.", mark="today"),),
    documents=DOCUMENTS,
    labels=LABELS,
    text_value="guest/no-account",
    ask="Did this solve it?",
    answers=(
        Button("Yes, solved", "solved", "yes"),
        Button("Not yet", "solved", "no"),
        Button("Show other causes", "causes"),
    ),
    ways=WAYS,
)
NASTY = """**not bold** [no link](https://evil.example) <b>&amp;</b> {{DATE(2020-01-01T00:00:00Z)}} \x00 `x` \\*
# no heading
1. no list
> <script>alert(1)</script> ![x](https://evil.example/x.png) https://evil.example/a_b_c?d=e*f*g"""

SAMPLES: dict[str, Card] = {
    "question": QUESTION,
    "question-noted": QuestionCard(
        5,
        "Which error does the guest see when they redeem the invitation?",
        (
            Button("AADSTS50020: the user is not in the tenant", "answer", "aadsts50020"),
            Button("AADSTS65005: the tenant is unmanaged", "answer", "aadsts65005"),
            Button("Conditional Access, MFA or terms of use", "answer", "ca"),
            Button("Something else", "answer", "else"),
            Button("Not sure", "answer", "not-sure"),
        ),
        note="Sorry, I did not understand that.\nYou can use a button, or answer in a few words.",
        facts_title="What I understood:",
        facts=("The mail has arrived.", "They see *an error*."),
        hint="The code starts with `AADSTS` and stands at the bottom of the page; [more](https://learn.microsoft.com/x).",
        ways=WAYS,
    ),
    "answered": AnsweredCard("Did the guest receive the invitation e-mail?", "You answered: No"),
    "menu": MenuCard(
        2,
        "Did you mean one of these?",
        (
            MenuItem(Button("Guests who can't redeem their invitation", "guide", "guest"), "Mail, errors, accounts"),
            MenuItem(Button("VPN does not connect", "guide", "vpn"), "From home or on the road"),
            MenuItem(Button("None of these", "none")),
        ),
        intro="I am not sure that I understood. Choose one, or say it in other words.",
        ways=(Button("Talk to a person", "person", quiet=True),),
    ),
    "outcome": OUTCOME,
    "summary": SummaryCard(
        12,
        "Talk to a person",
        "You can reach the helpdesk here: helpdesk@example.com. Below is a summary that you can copy and send along.",
        copy="Said: …",
        words_title="In your words",
        words=("my partner can't accept the invitation I sent", NASTY),
        path=(("Invitation mail", "Arrived"), ("Error", "Not sure")),
        advice_title="Advice shown",
        advice=("The guest's organisation has no account for them",),
        send=Button("Send as text", "text", "summary", quiet=True, stays=True),
        ways=(Button("Go on", "proceed", quiet=True), Button("Start over", "restart", quiet=True)),
    ),
    "notice": NoticeCard(
        "Tell me in your own words what is wrong.", "Hello, I am the help bot", 1, (Button("Topics", "topics"), WAYS[3])
    ),
    "notice-plain": NoticeCard(CODE, plain=True),
}
