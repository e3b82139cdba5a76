import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { failure } from '@picket/shared/errors.ts';
import { checksVoters } from '@picket/shared/holds/not-begun.ts';
import type { HoldView, OwnMember } from '@picket/shared/protocol/clusters.ts';
import { rendered } from '@picket/shared/protocol/messages.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t, { type Test } from 'tap';
import { printed, printedLike } from '../../../../test/support/said.ts';
import { alone } from '../../src/commands/run.ts';
import { systemClock } from '../../src/host/clock.ts';
import { currentBoot } from '../../src/host/process-table.ts';
import { emptyJournal, type Journal } from '../../src/journal/journal.ts';
import { journalPath } from '../../src/journal/journal-store.ts';
import type { LocalRelease } from '../../src/journal/local-release.ts';
import { httpsServer, sendJson } from '../https-server.ts';
import { asCoordinator, joinedTerminal } from '../joined-terminal.ts';
import { desired } from '../reconcile/samples.ts';
import { terminal } from '../terminal.ts';

const nowhere = 'https://127.0.0.1:1';
const boot = currentBoot();
const going = { signal: new AbortController().signal };
const hold: HoldView = {
  state: 'begins',
  by: 'root on a',
  reason: null,
  until: '2026-11-28T14:30:00.000Z',
  stop: false,
};
const voter: OwnMember = { phase: 'voter', healthy: true, rests: null, waitsFor: [] };

/** A node with a running agent, whose coordinator gives these answers one after another, then the last one forever. */
async function answered(t: Test, answers: readonly (OwnMember | { readonly refusal: object })[]) {
  const asked: string[] = [];
  const { url } = await httpsServer(t, {
    ...asCoordinator,
    respond({ method, path, body }, response) {
      const answer = answers[Math.min(asked.length, answers.length - 1)];
      asked.push(`${method} ${path}${body === '' ? '' : ` ${body}`}`);
      const refusal = answer !== undefined && 'refusal' in answer ? answer.refusal : null;
      sendJson(response, refusal === null ? 200 : 409, refusal ?? answer);
    },
  });
  return { here: await joinedTerminal(t, url), asked };
}

/** While its agent runs. */
function run(here: ReturnType<typeof terminal>, words: string, io = going): Promise<number> {
  return alone(here.stateDir, 0, () => here.run(words.split(' '), io));
}

t.test('it asks for the hold of its own member, and returns once its agent has begun it', async (t) => {
  const { here, asked } = await answered(t, [
    { ...voter, hold },
    { ...voter, hold },
    { ...voter, hold: { ...hold, state: 'open' } },
  ]);
  t.equal(await run(here, 'hold --for 2h --reason kernel --stop'), 0, here.said.err);
  t.same(asked, [
    'POST /v1/node/hold {"seconds":7200,"reason":"kernel","stop":true}',
    'GET /v1/node/member',
    'GET /v1/node/member',
  ]);
  t.equal(
    here.said.out,
    'a is held until 2026-11-28 14:30:00Z. Its etcd runs until the machine is rebooted. You can work on this machine now, or reboot it.\n' +
      'The hold ends when the member serves again after a boot, or with: picket-agent release\n',
  );
});

t.test('a hold in force gets another end at once: no agent begins it, and nothing else is asked', async (t) => {
  const open = { ...hold, state: 'open', changedBy: 'root on a' } as const;
  const { here, asked } = await answered(t, [{ ...voter, hold: open }]);
  t.equal(await run(here, 'hold --for 2h'), 0, here.said.err);
  t.same(asked, ['POST /v1/node/hold {"seconds":7200}']);
  t.match(here.said.out, /^a was held already\. It is now held until 2026-11-28 14:30:00Z\. Its etcd runs/);
  t.equal(here.said.err, '');
});

t.test('without a duration the coordinator says how long; JSON has the hold itself', async (t) => {
  const open = { ...hold, state: 'open', stop: true } as const;
  const { here, asked } = await answered(t, [{ ...voter, hold: open }]);
  t.equal(await run(here, 'hold --output json'), 0, here.said.err);
  t.equal(asked[0], 'POST /v1/node/hold {}');
  t.same(JSON.parse(here.said.out), open);
});

t.test('R2: it says that the machine must not be rebooted if the agent finds that the cluster needs it', async (t) => {
  const why = reason('voters_absent', { absent: [{ member: 'b', why: reason('etcd_is_silent') }] });
  const over = rendered(reason('hold_refused', { why }));
  const { here } = await answered(t, [
    { ...voter, hold },
    { ...voter, hold: { ...hold, state: 'ends', over } },
  ]);
  t.equal(await run(here, 'hold'), 1);
  t.equal(
    here.said.err,
    `${checksVoters}\n${printed(failure('hold_not_begun', { member: 'a', cluster: 'k3s', reason: why, advice: reason('repeat_when_all_serve', { cluster: 'k3s', place: 'board' }) }))}`,
  );
  t.equal(here.said.out, '');
});

t.test('a refusal of the coordinator is shown as it is', async (t) => {
  const refusal = {
    code: 'disruption_refused',
    message: 'The hold of a is refused: b is held.',
    hint: '',
    details: {},
  };
  const { here } = await answered(t, [{ refusal }]);
  t.equal(await run(here, 'hold'), 1);
  t.equal(here.said.err, 'error: The hold of a is refused: b is held. (disruption_refused)\n');
});

/** What the command prints if no coordinator answers, and etcd on this machine does not either. */
const neededNow = printedLike('member_needed_now', {
  why: reason('etcd_is_silent'),
  advice: reason('without_reboot', { next: reason('look_at_agent') }),
});

t.test('R2: without a coordinator there is no hold, and nothing is changed', async (t) => {
  const here = await joinedTerminal(t, 'https://127.0.0.1:1');
  const journal = () => readFileSync(journalPath(here.stateDir), 'utf8');
  const before = journal();
  t.equal(await run(here, 'hold --stop'), 1);
  t.match(here.said.err, neededNow);
  t.equal(journal(), before);
  t.equal(releaseOf(here), null);
  t.equal(await run(here, 'release'), 1);
  t.match(here.said.err, printedLike('release_needs_coordinator'));
});

/** Its etcd is stopped, or down, and its coordinator has granted this hold and is away since. */
async function heldAndCutOff(
  t: Test,
  { sinceMs = 60_000, stopped = true }: { sinceMs?: number; stopped?: boolean } = {},
) {
  const here = await joinedTerminal(t, nowhere);
  const permit = { id: 'permit000001', act: 'hold', stop: stopped, forSeconds: 1800, validForSeconds: 90 } as const;
  writeFileSync(join(here.stateDir, 'desired-state.json'), JSON.stringify(desired({ permit })));
  const since = systemClock().monotonic() - sinceMs;
  note(here, { held: { permit: permit.id, boot, since, stopped }, inventory: 'inventory1', generationSeen: 7 });
  return here;
}

t.test('R19: without a coordinator, it says of a board that is held and stopped that it can be rebooted', async (t) => {
  const here = await heldAndCutOff(t);
  const before = Date.now();
  t.equal(await run(here, 'hold'), 0, here.said.err);
  const shown =
    /^a is held already, since (\S+ \S+) until (\S+ \S+)\. Its etcd is stopped\. You can work on this machine now, or reboot it\.\nNothing was changed, because no coordinator has answered: /;
  const [, since = '', until = ''] = shown.exec(here.said.out) ?? [];
  t.equal(Date.parse(until) - Date.parse(since), 1_800_000, here.said.out);
  t.ok(Math.abs(before - 60_000 - Date.parse(since)) < 60_000, 'by the clock of this node');
  t.equal(await run(here, 'hold --stop --output json'), 0, here.said.err);
  t.match(JSON.parse(here.said.out), { state: 'open', stopped: true, until: /Z$/ });
});

t.test('R2: it says so only while the hold lasts, and etcd is stopped or the others serve', async (t) => {
  const over = await heldAndCutOff(t, { sinceMs: 1_900_000 });
  const runs = await heldAndCutOff(t, { stopped: false });
  const released = await heldAndCutOff(t);
  t.equal(await run(released, 'release'), 0, released.said.err);
  for (const here of [over, runs, released]) {
    t.equal(await run(here, 'hold'), 1);
    t.match(here.said.err, neededNow);
  }
});

t.test('a command that is stopped says that the hold may still begin', async (t) => {
  const stopping = new AbortController();
  const { here } = await answered(t, [{ ...voter, hold }]);
  const ended = run(here, 'hold', { signal: stopping.signal });
  stopping.abort();
  t.equal(await ended, 1);
  t.equal(here.said.err, `${checksVoters}\n${printed(failure('hold_interrupted', { member: 'a', cluster: 'k3s' }))}`);
});

t.test('without a running agent nothing is asked', async (t) => {
  const { here, asked } = await answered(t, [{ ...voter, hold }]);
  t.equal(await here.run(['hold'], going), 1);
  t.equal(here.said.err, printed(failure('agent_not_running', { stateDir: here.stateDir })));
  t.same(asked, []);
});

t.test('release ends the hold', async (t) => {
  const { here, asked } = await answered(t, [{ ...voter, hold: { ...hold, state: 'ends' } }]);
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.same(asked, ['POST /v1/node/release {}']);
  t.equal(here.said.out, 'The hold of a ends. If its etcd was stopped, the agent starts it.\n');
});

t.test('durations and reasons that the coordinator would refuse are wrong usage', async (t) => {
  const here = terminal(t);
  for (const words of [
    '--for soon',
    '--for 10s',
    '--for 2d',
    `--reason ${'a'.repeat(201)}`,
    '--reason pkt1.a.secret.c',
  ])
    t.equal(await here.run(['hold', ...words.split(' ')], going), 2, words);
  t.match(here.said.err, /It contains what looks like a secret; leave that out: "pkt1\.a\.…"\./);
  t.notMatch(here.said.err, 'secret.c', 'R11: nothing repeats it');
});

type Here = ReturnType<typeof terminal>;

function releaseOf({ stateDir }: Here): LocalRelease | null {
  const path = join(stateDir, 'local-order.json');
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}

function note({ stateDir }: Here, change: Partial<Journal>): void {
  writeFileSync(journalPath(stateDir), JSON.stringify({ ...emptyJournal, ...change }));
}

t.test(
  'release ends a hold that an earlier agent began alone, and starts an etcd while no coordinator answers',
  async (t) => {
    const held = { permit: 'alone0000001', boot, since: 0, stopped: true };
    const alone = { seconds: 1800 };
    const here = await joinedTerminal(t, nowhere);
    note(here, { held: { ...held, alone } });
    t.equal(await run(here, 'release'), 0, here.said.err);
    t.match(releaseOf(here), { id: held.permit, boot, hold: null });
    t.equal(here.said.out, 'The hold of a ends. If its etcd was stopped, the agent starts it.\n');

    note(here, { held });
    t.equal(await run(here, 'release'), 0, here.said.err);
    t.match(
      here.said.out,
      /starts it\. The coordinator ends the hold when its time is over, or when you repeat this command/,
    );

    const refusal = { code: 'member_not_held', message: 'The member a of k3s is not held.', hint: '', details: {} };
    const { here: known } = await answered(t, [{ refusal }]);
    note(known, { held: { ...held, alone } });
    t.equal(await run(known, 'release'), 0, known.said.err);
    note(known, { held });
    t.equal(await run(known, 'release'), 0, 'the coordinator has ended it');
    t.match(known.said.out, /^The member a of k3s is not held\./m);
  },
);

t.test('R2: a hold that began without the coordinator also ends here if the coordinator ends it', async (t) => {
  const held = { permit: 'alone0000001', boot, since: 0, stopped: true };
  const { here } = await answered(t, [voter]);
  note(here, { held });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.equal(releaseOf(here), null, 'it ends with its permit');
  note(here, { held: { ...held, alone: { seconds: 1800 } } });
  t.equal(await run(here, 'release'), 0, here.said.err);
  t.match(releaseOf(here), { id: held.permit, boot, hold: null });
});

t.test('R10: root can start etcd on this machine whatever the coordinator refuses, and sees the refusal', async (t) => {
  const refusal = { code: 'cluster_frozen', message: 'The cluster k3s is frozen.', hint: '', details: {} };
  const held = { permit: 'permit000001', boot, since: 0, stopped: true };
  const { here } = await answered(t, [{ refusal }]);
  t.equal(await run(here, 'release'), 1, 'nothing is held here');
  t.match(here.said.err, /^error: The cluster k3s is frozen\./);
  t.equal(releaseOf(here), null);
  for (const alone of [{}, { alone: { seconds: 1800 } }]) {
    note(here, { held: { ...held, ...alone } });
    t.equal(await run(here, 'release'), 0, here.said.err);
    t.match(releaseOf(here), { id: held.permit, boot, hold: null });
    t.match(here.said.out, /agent starts it\. The coordinator refuses to end the hold: The cluster k3s is frozen\./);
  }
});
