import { failure, PicketError } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import { messageOf, problemList } from '@picket/shared/problems.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { coordinatorClient } from '../coordinator/client.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import { etcdGateway } from '../etcd/gateway.ts';
import { isMemberRecord, nodeRoleOf } from '../identity/node-record.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { lookOnly } from './look-only.ts';
import { joinedIdentity, readSetting, type Setting } from './setting.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

export interface WaitOptions extends CommonOptions {
  readonly within: number;
}

/** How far the node is. */
interface Look {
  /** null while there is something to wait for. */
  readonly done: string | null;
  /** What to tell meanwhile. */
  readonly lines: readonly Line[];
  readonly reasons: readonly string[];
}

interface Line {
  readonly text: string;
  /** Of two that are alike only the first is told. */
  readonly likeness: string;
}

const everyMs = 1000;

/**
 * Waits until this node is well, and says whatever changes on the way: for the installer, and for whoever sits before the
 * machine. A member is well once it is healthy, and as a learner that rests until another joins; the coordinator is asked
 * for that, and one that is away is told, and asked again. A client is well once it has all that it should have, as its
 * own files tell. Acts on nothing. Throws `member_not_ready` or `client_not_ready` after `within` seconds, or when it is
 * stopped.
 */
export async function waitCommand(io: AgentIo, options: WaitOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { node } = await joinedIdentity(setting);
  const { clock } = setting.host;
  const { kind, name } = nodeRoleOf(node);
  const surroundings = isMemberRecord(node) ? null : await surroundingsOf(io, setting, node);
  const look = () =>
    surroundings === null ? memberLook(name, setting) : clientLook(name, { io, setting, surroundings });
  const say = unrepeated((text) => io.stdout.write(`${text}\n`));
  const begun = clock.monotonic();
  const end = begun + options.within * 1000;
  let reasons: readonly string[] = ['the coordinator'];
  while (!io.signal.aborted) {
    const seen = await look();
    if (seen.done !== null) return void io.stdout.write(`✓ ${seen.done}\n`);
    reasons = seen.reasons;
    for (const line of seen.lines) say(line);
    const left = end - clock.monotonic();
    if (left <= 0) break;
    await clock.sleep(Math.min(everyMs, left), io.signal);
  }
  const seconds = Math.round((clock.monotonic() - begun) / 1000);
  const why = { seconds, cluster: node.cluster, reasons: problemList(reasons) };
  throw kind === 'member'
    ? failure('member_not_ready', { member: name, ...why })
    : failure('client_not_ready', { client: name, ...why });
}

async function memberLook(name: string, setting: Setting): Promise<Look> {
  const member = await ownMember(setting).catch((error: unknown) => ({ error }));
  if ('error' in member) {
    const text = messageOf(member.error);
    const line = { text: `  waits for the coordinator: ${text}`, likeness: likenessOfError(member.error) };
    return { done: null, lines: [line], reasons: [text] };
  }
  const reasons =
    member.waitsFor.length > 0 ? member.waitsFor.map(({ message }) => plain(message)) : [`${name} to become healthy`];
  return { done: outcome(name, member), lines: progress(name, member), reasons };
}

/**
 * With the identity as it is now: the agent may renew it meanwhile, and whoever goes on showing the former key is taken for
 * a copy of this node (R15).
 */
async function ownMember(setting: Setting): Promise<OwnMember> {
  const { node, credentialPem: credential, controlCertificates: trust } = await joinedIdentity(setting);
  const client = coordinatorClient({ url: node.coordinator, trust, credential, clock: setting.host.clock });
  try {
    return await client.member();
  } finally {
    await client.close();
  }
}

async function clientLook(
  name: string,
  { io, setting, surroundings }: { io: AgentIo; setting: Setting; surroundings: Surroundings },
): Promise<Look> {
  const connectEtcd = (endpoint: Parameters<typeof etcdGateway>[0]) => etcdGateway(endpoint);
  const deps = { ...surroundings, paths: setting.paths, connectEtcd, buildTime: io.buildTime };
  const { accepted, current, plan } = await lookOnly(deps, null, null);
  const { client: credential } = current.credentials;
  if (accepted !== null && plan.steps.length === 0 && credential.kind === 'held') {
    const until = credential.held.notAfter;
    return { done: `${name} is a client, whose certificate is there, until ${until}`, lines: [], reasons: [] };
  }
  const left = plan.steps.map(({ kind }) => `left to do: ${kind}`);
  const waits = plan.waits.map((wait) => ({ text: `  waits for ${inWords(wait)}`, likeness: likenessOf(wait) }));
  return {
    done: null,
    lines: [...waits, ...left.map((line) => lineOf(`  ${line}`))],
    reasons: [...plan.waits.map(inWords), ...left],
  };
}

function outcome(name: string, { healthy, rests }: OwnMember): string | null {
  if (healthy) return `${name} is a voter and serves`;
  return rests === null ? null : `${name} follows as a learner; it waits for ${plain(rests.message)}`;
}

function progress(name: string, { phase, waitsFor }: OwnMember): readonly Line[] {
  return [
    lineOf(`  ${name}: ${phase}`),
    ...waitsFor.map((wait) => ({ text: `    waits for ${plain(wait.message)}`, likeness: likenessOf(wait) })),
  ];
}

function likenessOfError(error: unknown): string {
  const isCoded = error instanceof PicketError || error instanceof RemoteError;
  return isCoded ? likenessOf({ code: error.code, facts: error.details }) : messageOf(error);
}

function lineOf(text: string): Line {
  return { text, likeness: text };
}

/** Says each line once: how long something lasts changes with every look. */
function unrepeated(write: (text: string) => void): (line: Line) => void {
  const said = new Set<string>();
  return ({ text, likeness }) => {
    if (said.has(likeness)) return;
    said.add(likeness);
    write(text);
  };
}
