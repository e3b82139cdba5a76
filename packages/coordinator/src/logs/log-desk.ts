import { failure } from '@picket/shared/errors.ts';
import type { LogAnswer, LogOrder } from '@picket/shared/protocol/logs.ts';

/** At the same time: an answer has up to half a megabyte. */
export const mostLogOrders = { ofNode: 1, ofOperator: 4, ofAll: 16 } as const;

export interface LogDeskDeps {
  readonly newId: () => string;
  /** Ends the wait of this node's poll, which then takes the order. */
  readonly wake: (nodeId: string) => void;
}

/** How an order ended: with an answer, or why without one. */
export type LogOutcome =
  | { readonly kind: 'answered'; readonly answer: LogAnswer }
  | { readonly kind: 'too-old' }
  | { readonly kind: 'ended'; readonly fetched: boolean };

export type LogDesk = ReturnType<typeof logDesk>;

interface Pending {
  readonly order: LogOrder;
  readonly operator: string;
  fetched: boolean;
  readonly end: (outcome: LogOutcome) => void;
}

/**
 * Orders to read logs, in memory alone: the request of an operator waits here until the poll of the node has fetched its order and
 * the agent has answered. Nothing of an order or of its answer is kept.
 */
export function logDesk({ newId, wake }: LogDeskDeps) {
  const pending = new Map<string, Pending>();

  function requireRoom(nodeId: string, operator: string): void {
    const ofOperator = [...pending.values()].filter((one) => one.operator === operator).length;
    const full = (most: number, of: string) => failure('too_many_log_requests', { most, of });
    if (pending.has(nodeId)) throw full(mostLogOrders.ofNode, 'one node');
    if (ofOperator >= mostLogOrders.ofOperator) throw full(mostLogOrders.ofOperator, 'one operator');
    if (pending.size >= mostLogOrders.ofAll) throw full(mostLogOrders.ofAll, 'all nodes');
  }

  function expected(nodeId: string, id: string): Pending {
    const found = pending.get(nodeId);
    if (found === undefined || !found.fetched || found.order.id !== id) throw failure('log_order_unknown', { id });
    return found;
  }

  return {
    /**
     * Leaves an order. Resolves with its outcome: with `ended` when the signal fires first, and with `too-old` if the agent does not
     * take such orders. Throws `too_many_log_requests`.
     */
    async ask(
      { nodeId, operator }: { readonly nodeId: string; readonly operator: string },
      wanted: Omit<LogOrder, 'id'>,
      signal: AbortSignal,
    ) {
      requireRoom(nodeId, operator);
      return new Promise<LogOutcome>((resolve) => {
        const onAbort = () => one.end({ kind: 'ended', fetched: one.fetched });
        const one: Pending = {
          order: { id: newId(), ...wanted },
          operator,
          fetched: false,
          end(outcome) {
            signal.removeEventListener('abort', onAbort);
            if (pending.get(nodeId) === one) pending.delete(nodeId);
            resolve(outcome);
          },
        };
        pending.set(nodeId, one);
        if (signal.aborted) return onAbort();
        signal.addEventListener('abort', onAbort, { once: true });
        wake(nodeId);
      });
    },
    /** Whether an order waits for the next poll of this node. */
    awaits: (nodeId: string): boolean => pending.get(nodeId)?.fetched === false,
    /** The order that waits for this node, once. An agent that does not take orders gets none. */
    fetch(nodeId: string, takesOrders: boolean): LogOrder | null {
      const one = pending.get(nodeId);
      if (one === undefined || one.fetched) return null;
      if (!takesOrders) {
        one.end({ kind: 'too-old' });
        return null;
      }
      one.fetched = true;
      return one.order;
    },
    /** Throws `log_order_unknown` unless this node has fetched this order and has not answered it (R8). */
    expect: (nodeId: string, id: string) => void expected(nodeId, id),
    /** Passes the answer on. Throws as `expect` does. */
    answer: (nodeId: string, id: string, answer: LogAnswer) => expected(nodeId, id).end({ kind: 'answered', answer }),
  };
}
