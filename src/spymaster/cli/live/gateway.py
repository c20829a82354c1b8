"""``--gateway`` and ``--listen``: what was asked of a gateway, and what is said when it listens."""

from __future__ import annotations

from spymaster.bus.gateway.bind import GatewayPlan, parse_listen, token_of
from spymaster.bus.serving import Serving
from spymaster.config.structs import GatewayTable


def gateway_plan(table: GatewayTable, *, wanted: bool, listen: str) -> GatewayPlan | None:
    """The gateway that was asked for, None without one. Raises UserError."""
    if not wanted and not listen:
        return None
    host, port = parse_listen(listen or table.listen, "--listen" if listen else "[gateway] listen")
    return GatewayPlan(
        host,
        port,
        token_of(),
        form=table.form,
        origins=(table.origin,) if table.origin else (),
        clients=table.clients,
        messages_per_s=table.messages,
    )


def gateway_line(serving: Serving, plan: GatewayPlan | None) -> str:
    """Where it listens, and who is let in; empty without one."""
    if plan is None or serving.address is None:
        return ""
    host, port = serving.address
    who = "the token is asked for" if plan.token else "open to this machine alone"
    return f"gateway on http://{f'[{host}]' if ':' in host else host}:{port}, {who}"
