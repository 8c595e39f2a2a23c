"""Bindings as the store keeps them, and back."""

from softswitch.location import Binding
from softswitch.registration import MAX_EXPIRES
from softswitch.sip.flow import Flow
from softswitch.store.store import BindingRow


def to_row(binding: Binding) -> BindingRow:
    """The binding as the store keeps it. The connection is not kept: it dies with us."""
    flow = binding.flow
    return BindingRow(
        binding.id,
        binding.user,
        binding.contact,
        binding.display,
        binding.params,
        flow.protocol,
        *flow.local,
        *flow.remote,
        "\n".join(binding.path),
        binding.call_id,
        binding.cseq,
        binding.q,
        binding.expires_at,
        binding.user_agent,
        binding.instance,
        binding.reg_id,
        binding.registered_at,
        binding.refreshed_at,
        int(binding.nat),
    )


def from_row(row: BindingRow, now: float) -> Binding:
    """The binding that was kept. Those over a connection wait for their device to come again.

    If the clock was set back while nobody looked, no binding outlives what it was granted.
    """
    flow = Flow(row.protocol, (row.local_host, row.local_port), (row.remote_host, row.remote_port))
    return Binding(
        id=row.id,
        user=row.user,
        contact=row.contact,
        flow=flow,
        path=tuple(row.path.split("\n")) if row.path else (),
        call_id=row.call_id,
        cseq=row.cseq,
        q=row.q,
        expires_at=min(row.expires_at, now + MAX_EXPIRES),
        user_agent=row.user_agent,
        instance=row.instance,
        reg_id=row.reg_id,
        registered_at=row.registered_at,
        refreshed_at=row.refreshed_at,
        display=row.display,
        params=row.params,
        nat=bool(row.nat),
        reachable=not flow.reliable,
    )
