import { failure, PicketError } from '@picket/shared/errors.ts';
import { plain } from '@picket/shared/plain.ts';
import { messageOf, problemList } from '@picket/shared/problems.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import { inWords } from '@picket/shared/reasons/in-words.ts';
import { likenessOf } from '@picket/shared/reasons/likeness.ts';
import { RemoteError } from '../coordinator/remote-error.ts';
import { isMemberRecord, nodeRoleOf } from '../identity/node-record.ts';
import { asThisNode } from './as-this-node.ts';
import { type AgentIo, type CommonOptions, type Output, print } from './io.ts';
import { lookOnly } from './look-only.ts';
import { joinedIdentity, readSetting, type Setting } from './setting.ts';
import { type Surroundings, surroundingsOf } from './surroundings.ts';

export interface WaitOptions extends CommonOptions {
  readonly within: number;
  readonly output: Output;
}

/** How far the node is. */
interface Look {
  /** The result, for the last line; null while there is something to wait for. */
  readonly done: string | null;
  /** What to print meanwhile. */
  readonly lines: readonly Line[];
  readonly reasons: readonly string[];
}

interface Line {
  readonly text: string;
  /** Of two lines with the same likeness, only the first is printed. */
  readonly likeness: string;
}

const everyMs = 1000;

/**
 * Waits until this node is ready, and prints each change on the way, for the installer and for a person at the machine. A
 * member is ready once the coordinator finds it healthy, or finds it a learner that rests until another member joins, and
 * its agent has written etcdctl's environment. If the coordinator does not answer, prints that and asks again. A client
 * node is ready once it has everything that it should have, by its own files. Changes nothing. Throws `member_not_ready`
 * or `client_not_ready` after `within` seconds, or when it is stopped.
 */
export async function waitCommand(io: AgentIo, options: WaitOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { node } = await joinedIdentity(setting);
  const { clock } = setting.host;
  const { kind, name } = nodeRoleOf(node);
  const surroundings = isMemberRecord(node) ? null : await surroundingsOf(io, setting, node);
  const look = () => (surroundings === null ? memberLook(name, setting) : clientLook(name, surroundings));
  const isJson = options.output === 'json';
  const say = unrepeated((text) => (isJson ? io.stderr : io.stdout).write(`${text}\n`));
  const begun = clock.monotonic();
  const end = begun + options.within * 1000;
  let reasons: readonly string[] = ['the coordinator'];
  while (!io.signal.aborted) {
    const seen = await look();
    const { done } = seen;
    if (done !== null) return print(io, options, { [kind]: name, message: done }, () => `✓ ${done}\n`);
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
  const member = await asThisNode(setting, (client) => client.member()).catch((error: unknown) => ({ error }));
  if ('error' in member) {
    const text = messageOf(member.error);
    const line = { text: `  waits for the coordinator: ${text}`, likeness: likenessOfError(member.error) };
    return { done: null, lines: [line], reasons: [text] };
  }
  const reasons =
    member.waitsFor.length > 0 ? member.waitsFor.map(({ message }) => plain(message)) : [`${name} to become healthy`];
  const done = outcome(name, member);
  const { profile } = setting.paths;
  if (done !== null && !(await exists(setting, profile)))
    return { done: null, lines: [lineOf(`  waits for ${profile}`)], reasons: [profile] };
  return { done, lines: progress(name, member), reasons };
}

/** A file that cannot be read exists as well: nobody waits for it. */
async function exists({ host }: Setting, path: string): Promise<boolean> {
  return host.files.read(path).then(
    (text) => text !== null,
    () => true,
  );
}

async function clientLook(name: string, surroundings: Surroundings): Promise<Look> {
  const { accepted, current, plan } = await lookOnly(surroundings, null, null);
  const { client: credential } = current.credentials;
  if (accepted !== null && plan.steps.length === 0 && credential.kind === 'held') {
    const until = credential.held.notAfter;
    return { done: `${name} is a client, with a certificate until ${until}`, lines: [], reasons: [] };
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

/** Prints each line once: durations in a line change with every observation. */
function unrepeated(write: (text: string) => void): (line: Line) => void {
  const said = new Set<string>();
  return ({ text, likeness }) => {
    if (said.has(likeness)) return;
    said.add(likeness);
    write(text);
  };
}
