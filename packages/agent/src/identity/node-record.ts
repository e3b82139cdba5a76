import type { ClientJoinAnswer, JoinAnswer } from '@picket/shared/protocol/join.ts';

interface RecordBase {
  readonly nodeId: string;
  readonly cluster: string;
  /** `https://HOST:PORT` */
  readonly coordinator: string;
}

export type MemberRecord = RecordBase & { readonly member: JoinAnswer['member'] };
export type ClientRecord = RecordBase & { readonly client: ClientJoinAnswer['client'] };

/** `node.json`: this node's identity and its coordinator. It holds no secret. */
export type NodeRecord = MemberRecord | ClientRecord;

export function isMemberRecord(node: NodeRecord): node is MemberRecord {
  return 'member' in node;
}

/** The role of this node in its cluster, and its name there. */
export function nodeRoleOf(node: NodeRecord): { readonly kind: 'member' | 'client'; readonly name: string } {
  return isMemberRecord(node) ? { kind: 'member', name: node.member.name } : { kind: 'client', name: node.client.name };
}

export function formatNodeRecord(node: NodeRecord): string {
  const { nodeId, cluster, coordinator } = node;
  const nodeRole = isMemberRecord(node) ? { member: node.member } : { client: node.client };
  return `${JSON.stringify({ nodeId, cluster, ...nodeRole, coordinator }, null, 2)}\n`;
}

/** null for text that is not such a record. */
export function parseNodeRecord(text: string): NodeRecord | null {
  try {
    const value: unknown = JSON.parse(text);
    return isNodeRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isNodeRecord(value: unknown): value is NodeRecord {
  if (!isObject(value) || !areTexts(value.nodeId, value.cluster, value.coordinator)) return false;
  return isMemberRole(value.member) || (isObject(value.client) && areTexts(value.client.name));
}

function isMemberRole(member: unknown): boolean {
  if (!isObject(member) || !isObject(member.ports) || !areTexts(member.name, member.address)) return false;
  const { client, peer, metrics } = member.ports;
  return [client, peer, metrics].every(Number.isSafeInteger);
}

function areTexts(...values: unknown[]): boolean {
  return values.every((text) => typeof text === 'string' && text !== '');
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
