import { failure } from '@picket/shared/errors.ts';
import { problemList } from '@picket/shared/problems.ts';
import type { OwnMember } from '@picket/shared/protocol/clusters.ts';
import { coordinatorClient } from '../coordinator-client.ts';
import type { AgentIo, CommonOptions } from './io.ts';
import { joinedIdentity, readSetting } from './setting.ts';

export interface WaitOptions extends CommonOptions {
  readonly within: number;
}

const everyMs = 500;

/**
 * Waits until this node's member is healthy, and says whatever changes on the way: for the installer, and for whoever
 * sits before the machine. A learner that rests until another joins is well too. It asks the coordinator and acts on
 * nothing; a coordinator that is away is told, and asked again. Throws `member_not_ready` after `within` seconds, or when
 * it is stopped.
 */
export async function waitCommand(io: AgentIo, options: WaitOptions): Promise<void> {
  const setting = await readSetting(io, options);
  const { node, credentialPem, controlCertificates } = await joinedIdentity(setting);
  const { clock } = setting.host;
  const { name } = node.member;
  const client = coordinatorClient({
    url: node.coordinator,
    trust: controlCertificates,
    credential: credentialPem,
    clock,
  });
  const say = unrepeated((line) => io.stdout.write(`${line}\n`));
  const begun = clock.monotonic();
  const end = begun + options.within * 1000;
  let reasons: readonly string[] = ['the coordinator'];
  try {
    while (!io.signal.aborted) {
      const member = await client.member().catch((error: unknown) => messageOf(error));
      if (typeof member === 'string') {
        reasons = [member];
        say(`  waits for the coordinator: ${member}`);
      } else {
        const done = outcome(name, member);
        if (done !== null) return void io.stdout.write(`✓ ${done}\n`);
        reasons = member.waitsFor.length > 0 ? member.waitsFor : [`${name} to become healthy`];
        for (const line of progress(name, member)) say(line);
      }
      const left = end - clock.monotonic();
      if (left <= 0) break;
      await clock.sleep(Math.min(everyMs, left), io.signal);
    }
  } finally {
    await client.close();
  }
  throw failure('member_not_ready', {
    seconds: Math.round((clock.monotonic() - begun) / 1000),
    member: name,
    cluster: node.cluster,
    reasons: problemList(reasons),
  });
}

function outcome(name: string, { healthy, rests }: OwnMember): string | null {
  if (healthy) return `${name} is a voter and serves`;
  return rests === null ? null : `${name} follows as a learner; it waits for ${rests}`;
}

function progress(name: string, { phase, waitsFor }: OwnMember): readonly string[] {
  return [`  ${name}: ${phase}`, ...waitsFor.map((wait) => `    waits for ${wait}`)];
}

/** Says each line once, but for ages and counts in it, which change with every look. */
function unrepeated(write: (line: string) => void): (line: string) => void {
  const said = new Set<string>();
  return (line) => {
    const likeness = line.replace(/\d+ s\b/g, 'N s');
    if (said.has(likeness)) return;
    said.add(likeness);
    write(line);
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
