import { hasSelector } from "../../objects/service.ts";
import type { Subject } from "../../trace/trace.ts";

/**
 * Whether nobody is to connect to a headless Service: it has neither selector nor ports, nobody needs it and nobody asks
 * about it. Such a one only holds the name of Endpoints that a program keeps its state in (Patroni's `NAME-config`), or of
 * addresses that may come (cass-operator's additional seeds). That it does not resolve is no fault.
 */
export function isNameHolder({ service, headless, asked, neededBy }: Subject): boolean {
  return (
    service !== null &&
    headless &&
    !asked &&
    neededBy.length === 0 &&
    !hasSelector(service) &&
    service.spec.ports.length === 0
  );
}
