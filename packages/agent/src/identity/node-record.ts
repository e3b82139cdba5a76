import { parsedAs } from '@picket/shared/protocol/check.ts';
import type { Static } from 'typebox';
import * as Type from 'typebox';

const Text = Type.String({ minLength: 1 });
const Port = Type.Integer();
const base = {
  nodeId: Text,
  cluster: Text,
  /** `https://HOST:PORT` */
  coordinator: Text,
};

const MemberRecord = Type.Object({
  ...base,
  member: Type.Object({
    name: Text,
    address: Text,
    ports: Type.Object({ client: Port, peer: Port, metrics: Port }),
  }),
});
export type MemberRecord = Static<typeof MemberRecord>;

const ClientRecord = Type.Object({ ...base, client: Type.Object({ name: Text }) });
type ClientRecord = Static<typeof ClientRecord>;

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
  return parsedAs(MemberRecord, text) ?? parsedAs(ClientRecord, text);
}
