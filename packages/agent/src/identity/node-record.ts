import type { JoinAnswer } from '@picket/shared/protocol/join.ts';

/** `node.json`: who this node is and whom it asks. Nothing in it is secret. */
export interface NodeRecord {
  readonly nodeId: string;
  readonly cluster: string;
  readonly member: JoinAnswer['member'];
  /** `https://HOST:PORT` */
  readonly coordinator: string;
}

export function formatNodeRecord({ nodeId, cluster, member, coordinator }: NodeRecord): string {
  return `${JSON.stringify({ nodeId, cluster, member, coordinator }, null, 2)}\n`;
}

/** null for text that is none. */
export function parseNodeRecord(text: string): NodeRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isNodeRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isNodeRecord(value: unknown): value is NodeRecord {
  if (!isObject(value) || !isObject(value.member) || !isObject(value.member.ports)) return false;
  const { nodeId, cluster, coordinator, member } = value;
  const { name, address, ports } = member as Record<string, unknown>;
  const { client, peer, metrics } = ports as Record<string, unknown>;
  const texts = [nodeId, cluster, coordinator, name, address];
  const numbers = [client, peer, metrics];
  return texts.every((text) => typeof text === 'string' && text !== '') && numbers.every(Number.isSafeInteger);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
