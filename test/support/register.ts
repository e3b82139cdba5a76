import { readFileSync } from 'node:fs';
import { EtcdError } from '@picket/agent/etcd/etcd.ts';
import { gatewayConnection } from '@picket/agent/etcd/gateway-call.ts';
import { countFrom, idFrom, type JsonObject, listFrom, objectFrom, textFrom } from '@picket/agent/etcd/gateway-json.ts';
import type { Operation } from './history.ts';
import type { Invocation, Outcome } from './history-file.ts';

/** Where the members are and what to show them. */
export interface Access {
  readonly endpoints: readonly [string, ...string[]];
  /** Paths of PEM files: the CA's certificates; a client's certificate and its key in one. Read for each connection. */
  readonly ca: string;
  readonly cert: string;
  readonly deadlineMs: number;
}

/** Called before an operation is sent; gives back what to call with its outcome. */
export type Recorder = (invocation: Invocation) => (outcome: Outcome) => Operation;

/** One number under one key of etcd, through one member after the other, one operation at a time. */
export interface Register {
  /** Puts it if the key is of this revision (0: is not there). Never rejects: what went wrong is in the outcome. */
  put(value: number, revision: number): Promise<Operation>;
  /** A linearizable read. Never rejects. */
  read(): Promise<Operation>;
  /** The next operation goes to the next member; an operation that does not succeed does that on its own. */
  moveOn(): void;
  close(): Promise<void>;
}

export function openRegister(key: string, access: Access, record: Recorder, first = 0): Register {
  const { endpoints, deadlineMs } = access;
  const key64 = base64(key);
  let position = first;
  let connection: ReturnType<typeof gatewayConnection> | undefined;

  async function operate(
    invocation: Pick<Invocation, 'kind' | 'value'>,
    path: string,
    body: JsonObject,
    understand: (answer: JsonObject) => Pick<Outcome, 'value' | 'revision'>,
  ): Promise<Operation> {
    const endpoint = endpoints[position % endpoints.length] ?? endpoints[0];
    const end = record({ ...invocation, key, endpoint, invoked: monotonicMs() });
    try {
      connection ??= gatewayConnection(endpoint, readFileSync(access.ca, 'utf8'), readFileSync(access.cert, 'utf8'));
      const answer = await connection.call(path, body, deadlineMs);
      const returned = monotonicMs();
      const clusterId = idFrom(objectFrom(answer.header).cluster_id);
      return end({ ...understand(answer), outcome: 'ok', returned, clusterId, problem: null });
    } catch (error) {
      const returned = monotonicMs();
      const outcome = wasNotSent(error) ? 'failed' : 'unknown';
      const problem = error instanceof Error ? error.message : String(error);
      moveOn();
      return end({ value: invocation.value ?? 0, revision: 0, outcome, returned, clusterId: null, problem });
    }
  }

  function moveOn(): void {
    position += 1;
    // Nothing is under way on it: one operation at a time.
    void connection?.close();
    connection = undefined;
  }

  return {
    put(value, revision) {
      const compare = [{ key: key64, target: 'MOD', result: 'EQUAL', mod_revision: String(revision) }];
      const success = [{ request_put: { key: key64, value: base64(String(value)) } }];
      return operate({ kind: 'put', value }, 'kv/txn', { compare, success }, (answer) => {
        // Not a failure that is sure: etcd's own client may have sent it twice, and the first have succeeded.
        if (answer.succeeded !== true) throw new Error(`the key is not of revision ${revision}`);
        return { value, revision: countFrom(objectFrom(answer.header).revision) };
      });
    },
    read: () =>
      operate({ kind: 'read' }, 'kv/range', { key: key64 }, (answer) => {
        const [found] = listFrom(answer.kvs).map(objectFrom);
        if (found === undefined) return { value: 0, revision: 0 };
        const value = Number(Buffer.from(textFrom(found.value), 'base64').toString());
        return { value, revision: countFrom(found.mod_revision) };
      }),
    moveOn,
    close: async () => connection?.close(),
  };
}

/** Of the ways in which a call can fail, the one that is sure to come before anything is sent. */
function wasNotSent(error: unknown): boolean {
  const cause = error instanceof EtcdError ? error.cause : undefined;
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED';
}

/** The same clock for all processes of the machine. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
