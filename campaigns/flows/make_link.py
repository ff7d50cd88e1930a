"""A link is made that belongs to no tweet: for a newsletter, a blogger, a slide; and the QR of any link."""

from campaigns.people import audits
from campaigns.tracking import drafts, links
from campaigns.tracking.drafts import LinkDraft
from campaigns.tracking.links import Link
from campaigns.world import World


def make_link(world: World, campaign_id: str, draft: LinkDraft, *, who: str, user_id: str | None = None) -> Link:
    """The new link. Raises missing (`campaign_missing`), invalid with every field's fault."""
    now = world.clock.now()
    with world.db.write() as session:
        link = drafts.create(session, world.settings, campaign_id, draft, now)
        audits.note(session, "link.made", now, who=who, user_id=user_id, subject=link.id, name=link.code)
        return link


def make_qr(world: World, link_id: str, *, who: str, user_id: str | None = None) -> Link:
    """The link that the QR of this one carries, made when it is first asked for. Raises missing (`link_unknown`)."""
    now = world.clock.now()
    with world.db.write() as session:
        link = links.find(session, link_id)
        known = links.qr_of(session, link)
        made = drafts.qr(session, link, now)
        if known is None:
            audits.note(session, "link.qr_made", now, who=who, user_id=user_id, subject=link.id, name=link.code)
        return made
