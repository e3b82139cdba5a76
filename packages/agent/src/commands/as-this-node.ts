import { failure, PicketError } from '@picket/shared/errors.ts';
import { type CoordinatorClient, coordinatorClient } from '../coordinator/client.ts';
import type { Identity } from '../identity/identity-store.ts';
import { isMemberRecord, type MemberRecord } from '../identity/node-record.ts';
import { alone } from './run.ts';
import { joinedIdentity, type Setting } from './setting.ts';

/**
 * Asks the coordinator as this node, beside the running agent. Reads the identity each time: the agent may renew it
 * meanwhile, and a command that keeps using the former key looks like a copy of this node (R15). Rejects as the client
 * does.
 */
export async function asThisNode<Answer>(
  setting: Setting,
  ask: (client: CoordinatorClient) => Promise<Answer>,
): Promise<Answer> {
  return askAs(await joinedIdentity(setting), setting, ask);
}

/** As {@link asThisNode}, with an identity that has just been read. */
export async function askAs<Answer>(
  { node, credentialPem: credential, controlCertificates: trust }: Identity,
  { host: { clock } }: Setting,
  ask: (client: CoordinatorClient) => Promise<Answer>,
): Promise<Answer> {
  const client = coordinatorClient({ url: node.coordinator, trust, credential, clock });
  try {
    return await ask(client);
  } finally {
    await client.close();
  }
}

/** This node's member. Throws `not_joined`, `node_is_client`. */
export async function memberHere(setting: Setting): Promise<MemberRecord> {
  const { node } = await joinedIdentity(setting);
  if (isMemberRecord(node)) return node;
  throw failure('node_is_client', { client: node.client.name, cluster: node.cluster });
}

const lockPatienceMs = 300;

/** Whether an agent, or another command that takes its place, runs for this node. */
export function agentRuns({ config: { stateDir } }: Setting): Promise<boolean> {
  return alone(stateDir, lockPatienceMs, async () => false).catch((error: unknown) => {
    if (error instanceof PicketError && error.code === 'agent_running') return true;
    throw error;
  });
}

/** Only a running agent acts on what another command asks for. Throws `agent_not_running`. */
export async function requireAgent(setting: Setting): Promise<void> {
  if (!(await agentRuns(setting))) throw failure('agent_not_running', { stateDir: setting.config.stateDir });
}

const noAnswer = ['coordinator_unreachable', 'coordinator_name_mismatch', 'coordinator_answer_invalid'];

/** True if no coordinator of this node has answered; a refusal is an answer. */
export function isAway(error: unknown): error is PicketError {
  return error instanceof PicketError && noAnswer.includes(error.code);
}
