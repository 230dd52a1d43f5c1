"""What the centre sends: orders and receipts are checked, kept, and answered in the chain."""
from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from common.logs import Log
from edge.box_orders import Orders, answers, missing
from edge.clock import Clock
from edge.enrol.ordered import why_no_erasure
from edge.policies import keep_policies
from edge.sheets import why_no_sheet
from edge.storage.files import replace
from edge.store import Store
from edge.sync.alarms import Alarms
from edge.sync.box_orders import read_box_orders
from edge.sync.centre import Site
from edge.sync.errors import NotOurChain, NotTheCentre, NotThisBox, Refused, RevokedSigner
from edge.sync.moves import judge_move, read_moves
from edge.sync.orders import Order, judge, read_order
from edge.sync.receipts import check_gap, check_receipt
from edge.sync.seen import Seen
from edge.sync.stated import read_statements
from edge.sync.withdrawn import follow, read_withdrawals
from evidence.bodies import ClassOrder, OrderAccepted, body_of
from evidence.box_orders import BoxOrder, OrderAnswered, known_us, live_refusal, refusal, release_refusal
from evidence.canonical import sha256_hex
from evidence.certs import Identity
from evidence.errors import BadReceipt
from evidence.gaps import Gap
from evidence.records import Sealed
from evidence.times import SECOND, utc_us

MOST_APART_S = 600
"""So far the clocks of a box and of its centre may differ."""


class Inbox:
    """Takes one message at a time; every method may raise StoreBusy, and can then be called again.

    `certificate`: the file that remembers the centre's certificate, which comes with its orders.
    `policies`: id → SHA-256 of the policies on this box. `now`: monotonic seconds; `sends`: the box has an address to
    send files to; `cameras`: its room cameras.
    """

    def __init__(
        self, store: Store, site: Site, sealing: X25519PrivateKey, policies: Mapping[str, str], certificate: Path,
        clock: Clock, sends: bool, now: Callable[[], float], cameras: Collection[str] = (),
    ) -> None:
        self._store, self._site, self._sealing, self._policies = store, site, sealing, policies
        self._certificate, self._log = certificate, Log("sync.inbox")
        self._clock, self._sends, self._cameras = clock, sends, cameras
        self.alarms = Alarms(store)
        self._seen = Seen(store, site, self.alarms, now)
        self._early: bytes | None = None
        self._apart = False
        self._centre = self._remembered()
        self._said_us = store.vouched_us() or -1
        self._accepted = {str(sealed.record.body.get("order")) for sealed in store.records_of("order.accepted")}
        self._answered, self._orders = answers(store), Orders(store)

    @property
    def knows_centre(self) -> bool:
        """Whether receipts can be judged: the centre's certificate has come."""
        return self._centre is not None

    def centre(self, certificate: bytes) -> None:
        """Take the centre's certificate as a renewal brings it, if the box's own root vouches for it."""
        try:
            self._remember(certificate.decode("ascii", "replace"))
        except Refused as error:
            self._log.failed("centre.refused", error)

    def receipt(self, envelope: bytes) -> int | None:
        """Keep a receipt; the last record that it covers, or None when it was refused or cannot be judged yet."""
        if self._centre is None:
            self._log.info("receipt.too_early")
            return None
        try:
            receipt = check_receipt(envelope, self._site, self._centre)
            if self._is_past(receipt.chain):
                return None
            self._store.keep_receipt(envelope, receipt)
        except Refused as error:
            self._refuse("receipt.refused", error.code, {})
            return None
        except BadReceipt:
            self._refuse("receipt.refused", NotOurChain.code, {})
            return None
        self.alarms.settle("receipt.refused")
        # Not the latest time that it ever said: its clock may have been ahead, and is right again.
        self._said_us = self._store.vouched_us() or -1
        self._compare(utc_us(receipt.time))
        return receipt.up_to

    def _is_past(self, chain: str) -> bool:
        """Whether a word of the centre is about a chain that this box has ended: nothing is sent of that any more."""
        past = chain in self._store.chains()[:-1]
        if past:
            self._log.info("chain.past", chain=chain)
        return past

    def _compare(self, centre_us: int) -> None:
        """State once that our clock is behind the centre's: nobody gives a receipt in the future. One that is ahead
        cannot be told from a receipt that waited: of that the centre speaks."""
        stamp = self._clock.stamp()
        apart_s = (stamp.utc_us - centre_us) // SECOND
        apart = stamp.clock.source != "simulated" and apart_s < -MOST_APART_S
        if apart and not self._apart:
            self.alarms.once("clock.apart", {"device": self._site.device, "apart_s": apart_s})
        self._apart = apart

    def checkpoint(self, message: bytes) -> None:
        """Take a checkpoint of the centre's tree: remember it, or say that the centre was rolled back. One that comes
        before the centre is known waits for that: the next may be ten minutes off."""
        if self._centre is None:
            self._early = message
            return
        try:
            self._seen.take(message, self._centre)
        except Refused as error:
            self._refuse("checkpoint.refused", error.code, {"message": sha256_hex(message)})

    def gap(self, envelope: bytes) -> int | None:
        """The record from which the centre asks for the chain again, or None when that was refused or cannot be judged.

        One that asks for what the centre has given a receipt for is followed too: a centre that was set back to a
        backup gets everything again. An old request that somebody repeats is refused."""
        if self._centre is None:
            return None
        try:
            gap = check_gap(envelope, self._site, self._centre)
            if self._is_past(gap.chain):
                return None
            if gap.chain != self._store.chain or gap.first > self._store.head_seq():
                raise NotOurChain(why=f"it asks for record {gap.first} of chain {gap.chain}")
        except Refused as error:
            self._refuse("gap.refused", error.code, {})
            return None
        if utc_us(gap.time) <= self._said_us and not self._is_fresh(gap):
            self._log.info("gap.too_late")
            return None
        if gap.first <= self._store.receipted_up_to():
            self.alarms.once("centre.lost", {"seq": gap.first, "device": self._site.device})
        self._said_us = utc_us(gap.time)
        self._log.info("gap.asked", first=gap.first)
        return gap.first

    def _is_fresh(self, gap: Gap) -> bool:
        """Whether a request was made just now by our own clock, which is set. The newest receipt may be from a clock of
        the centre that was ahead; if the centre lost what it had after that, it gives none until it has it again."""
        stamp = self._clock.stamp()
        return stamp.clock.synced and abs(stamp.utc_us - utc_us(gap.time)) <= MOST_APART_S * SECOND

    def moves(self, message: bytes) -> None:
        """Take the centre's orders to move face templates, each once; refuse one that is for another box or key, with
        an alarm that says why."""
        try:
            found, certificate = read_moves(message, self._site)
        except Refused as error:
            self._refuse("order.refused", error.code, {"message": sha256_hex(message)})
            return
        self._remember(certificate)
        for sealed, body in found:
            try:
                judge_move(body, self._site.device, self._sealing.public_key().public_bytes_raw().hex())
            except Refused as error:
                self._refuse("order.refused", error.code, {"order": sealed.hash})
                continue
            self._store.put_order(sealed)
            self._accept(body.class_id, sealed)

    def withdrawn(self, message: bytes) -> None:
        """Take what other boxes recorded of refusals and withdrawals, each once: the face goes here, too. What a key
        signed that is revoked is not followed: an alarm says so."""
        try:
            found = read_withdrawals(message, self._site)
        except Refused as error:
            self._refuse("order.refused", error.code, {"message": sha256_hex(message)})
            return
        revoked = self._orders.look().revoked
        for sealed, body, keyid in found:
            if keyid in revoked:
                self._refuse("order.refused", RevokedSigner.code, {"order": sealed.hash})
            elif sealed.hash not in self._accepted:
                follow(self._store, sealed, body)
                self._accepted.add(sealed.hash)
                self._log.info("consent.withdrawn", class_id=body.class_id, by=sealed.record.device)

    def order(self, message: bytes) -> None:
        """Take a class order, once; refuse what this box must not follow, with an alarm that says why."""
        try:
            order = read_order(message, self._site)
        except Refused as error:
            self._refuse("order.refused", error.code, {"message": sha256_hex(message)})
            return
        self._remember(order.certificate)
        try:
            new = judge(order, self._site.device, self._known(order.body.class_id), self._policies, self._sealing)
        except Refused as error:
            self._refuse("order.refused", error.code, {"order": order.sealed.hash})
            return
        self._take(order, new)

    def box_orders(self, message: bytes) -> None:
        """Answer the centre's orders to this box, each once. Of one that is for another box nobody here can answer: an
        alarm says so."""
        try:
            found, certificate = read_box_orders(message, self._site)
        except Refused as error:
            self._refuse("order.refused", error.code, {"message": sha256_hex(message)})
            return
        self._remember(certificate)
        for sealed, body in found:
            if body.device != self._site.device:
                self._refuse("order.refused", NotThisBox.code, {"order": sealed.hash})
            elif sealed.hash not in self._answered:
                self._answer(sealed, body)

    def _answer(self, sealed: Sealed, body: BoxOrder) -> None:
        now_us = known_us(self._clock.stamp(), self._store.vouched_us())
        numbers = [answer.number for answer in self._answered.values()]
        why = refusal(body, self._store.chains(), numbers, now_us, self._sends)
        if not why and body.sheet is not None:
            why = why_no_sheet(self._store, body.sheet, now_us)
        if not why and body.watch is not None:
            why = live_refusal(body.watch, self._cameras)
        if not why and body.erase is not None:
            why = why_no_erasure(self._store, body.erase)
        if not why and body.release is not None:
            own = self._store.find_record(body.release.chain, body.release.seq)
            present = body.release.chain == self._store.chain
            why = release_refusal(body.release, own.hash if own is not None and present else None)
        upload = body.upload if not why else None
        answer = OrderAnswered(
            sealed.hash, body.number, "refused" if why else "accepted", why,
            () if upload is None else missing(self._store, upload))
        self._store.answer(sealed, answer, () if upload is None else [one.sha256 for one in upload.files],
                           None if why else body.erase)
        self._answered[sealed.hash] = answer
        self._log.info("order.answered", kind=body.kind, number=body.number, why=why)

    def stated(self, message: bytes) -> None:
        """Take what the centre states of a class: each statement once, all of a message or none."""
        try:
            found, certificate = read_statements(message, self._site)
        except Refused as error:
            self._refuse("order.refused", error.code, {"message": sha256_hex(message)})
            return
        self._remember(certificate)
        for sealed, body in found:
            self._store.put_order(sealed)
            self._accept(body.class_id, sealed)

    def _take(self, order: Order, new: bool) -> None:
        if new:
            keep_policies(self._store, [order.body])
            self._store.put_order(order.sealed)
        if order.sheet is not None:
            self._store.put_names(order.body.class_id, order.sheet)
        self._accept(order.body.class_id, order.sealed)

    def _accept(self, class_id: str, sealed: Sealed) -> None:
        """Answer in the chain that a record of the centre is kept here, once."""
        if sealed.hash not in self._accepted:
            self._store.append("order.accepted", OrderAccepted(class_id, sealed.hash))
            self._accepted.add(sealed.hash)
            self._log.info("order.accepted", class_id=class_id, type=sealed.record.type, seq=sealed.record.seq)

    def _known(self, class_id: str) -> Sealed | None:
        """Our newest order for a class."""
        newest: tuple[int, Sealed] | None = None
        for sealed in self._store.orders():
            body = body_of(sealed.record)
            if isinstance(body, ClassOrder) and body.class_id == class_id and (not newest or body.number > newest[0]):
                newest = body.number, sealed
        return newest[1] if newest else None

    def _refuse(self, code: str, why: str, params: Mapping[str, str]) -> None:
        self._log.warning(code, why=why, **params)
        self.alarms.once(code, {"why": why, **params})

    def _remember(self, certificate: str) -> None:
        """Keep the centre's certificate, so that receipts can be judged before the next order comes. A disk that takes
        nothing holds nothing up: the one in memory will do until the next order. Raises NotTheCentre."""
        centre = self._site.centre_of(certificate)
        try:
            if self._remembered_text() != certificate:
                replace(self._certificate, certificate.encode())
        except OSError as error:
            self._log.failed("centre.not_remembered", error)
        self._centre = centre
        if self._early is not None:
            self.checkpoint(self._early)
            self._early = None

    def _remembered(self) -> Identity | None:
        try:
            text = self._remembered_text()
            return self._site.centre_of(text) if text else None
        except (NotTheCentre, OSError) as error:
            self._log.failed("centre.forgotten", error)
            return None

    def _remembered_text(self) -> str | None:
        return self._certificate.read_text("ascii", "replace") if self._certificate.exists() else None
