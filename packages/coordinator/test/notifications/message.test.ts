import type { AlarmCode } from '@picket/shared/problems/catalogue.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import t from 'tap';
import type { Known } from '../../src/model/notifications.ts';
import { withDebounced } from '../../src/notifications/debounce.ts';
import { changesAfter, mostCounted } from '../../src/notifications/flapping.ts';
import {
  type Filter,
  keptForCritical,
  messageFor,
  mostNotified,
  notifiedAfter,
} from '../../src/notifications/message.ts';
import { type Problem, problemOf, type Sight, stateKey } from '../../src/notifications/problem.ts';
import { type Watch, watchAfter } from '../../src/notifications/watch.ts';

const minute = 60_000;
const startsAt = Date.parse('2026-11-28T12:00:00Z');
const all: Filter = { clusters: null, severity: 'warning' };

/** Looks at one moment after the other, and delivers each message at once. */
function story(channel: Filter = all, { longestSettleMs = 60 * minute } = {}) {
  const patience = { longestSettleMs, overAfterMs: minute, steadyAfterMs: 30 * minute, listensForMs: 2 * minute };
  let watch: Watch = new Map();
  let known: Known = { notified: [], changes: [] };
  let monotonic = 0;
  let watchedFor = Number.POSITIVE_INFINITY;
  return {
    notified: () => known.notified,
    changes: () => known.changes,
    /** The coordinator starts again: it knows what is stored. */
    restart() {
      watch = new Map();
      watchedFor = 0;
    },
    /** The keys of the problems and of those that are over, in the message after these minutes. */
    after(minutes: number, problems: readonly Problem[], sight: Sight = 'clear') {
      monotonic += minutes * minute;
      watchedFor += minutes * minute;
      const now = startsAt + monotonic;
      watch = watchAfter(watch, { problems, sightOf: () => sight }, { monotonic, now }, patience);
      const moment = { id: 'm', at: now, monotonic };
      const sighted = { watch, sightOf: () => sight, watchedForMs: watchedFor };
      const message = messageFor(known, sighted, channel, moment, patience);
      if (message === null) {
        known = { ...known, notified: withDebounced(known.notified, sighted, moment, patience) };
        return null;
      }
      known = { notified: notifiedAfter(known.notified, message), changes: changesAfter(known.changes, message) };
      const { shown, others, over, unlisted } = message;
      return {
        problems: shown.map(({ rule, flapping, isSteady }) =>
          flapping !== undefined ? `${rule} (often)` : isSteady ? `${rule} (steady)` : rule,
        ),
        ...(others.length + unlisted === 0 ? {} : { more: others.length, unlisted }),
        ...(over.length === 0 ? {} : { over: over.map(({ rule, gone }) => (gone ? `${rule} (gone)` : rule)) }),
      };
    },
  };
}

function state(rule: AlarmCode, cluster = 'x-k3s'): Problem {
  return problemOf({ rule, cluster, name: null, why: reason('not_founded'), key: stateKey(cluster) });
}

function of(rule: AlarmCode, name: string, cluster = 'x-k3s'): Problem {
  return problemOf({ rule, cluster, name, why: reason('not_founded') });
}

t.test('a problem is sent once it has lasted, once, and once when it is over', async (t) => {
  const { after } = story();
  t.equal(after(0, [state('at-risk')]), null);
  t.equal(after(4, [state('at-risk')]), null);
  t.same(after(1, [state('at-risk')]), { problems: ['at-risk'] });
  t.equal(after(60, [state('at-risk')]), null);
  t.equal(after(0.5, []), null);
  t.same(after(1, []), { problems: [], over: ['at-risk'] });
  t.equal(after(60, []), null);
});

t.test('a flap is one message, and one that is over before it has lasted is none', async (t) => {
  const { after } = story();
  after(0, [state('no-quorum')]);
  for (let round = 0; round < 4; round += 1) {
    t.equal(after(0.1, []), null);
    t.equal(after(0.1, [state('no-quorum')]), null);
  }
  t.equal(after(0.2, []), null, 'it is not sent while it is not seen');
  t.same(after(0.1, [state('no-quorum')]), { problems: ['no-quorum'] });
  for (let round = 0; round < 5; round += 1) {
    t.equal(after(0.5, []), null);
    t.equal(after(0.5, [state('no-quorum')]), null);
  }
  const other = story();
  other.after(0, [state('at-risk')]);
  other.after(2, []);
  t.equal(other.after(4, [state('at-risk')]), null, 'its time begins again');
});

t.test('a state that becomes worse or milder is sent again, without an end between', async (t) => {
  const { after } = story();
  after(0, [state('at-risk')]);
  t.same(after(5, [state('at-risk')]), { problems: ['at-risk'] });
  t.equal(after(1, [state('no-quorum')]), null);
  t.same(after(1, [state('no-quorum')]), { problems: ['no-quorum'] });
  t.equal(after(1, [state('at-risk')]), null);
  t.same(after(5, [state('at-risk')]), { problems: ['at-risk'] });
  t.same(after(2, []), { problems: [], over: ['at-risk'] });
});

t.test('states that alternate do not keep each other from being sent', async (t) => {
  const { after } = story();
  const sent: unknown[] = [];
  for (let round = 0; round < 6; round += 1)
    sent.push(after(0.5, [state('at-risk')]), after(0.5, [state('no-quorum')]));
  t.match(
    sent.find((one) => one !== null),
    { problems: ['no-quorum'] },
  );
});

t.test('R16: what nobody can see is not over', async (t) => {
  const { after } = story();
  after(0, [of('board-hot', 'm-1')]);
  t.same(after(15, [of('board-hot', 'm-1')]), { problems: ['board-hot'] });
  t.equal(after(60, [], 'blind'), null);
  t.equal(after(0.5, []), null);
  t.same(after(1, []), { problems: [], over: ['board-hot'] });
});

t.test('R16: soon after a start, nothing is over', async (t) => {
  const before = story();
  before.after(0, [state('no-quorum')]);
  before.after(1, [state('no-quorum')]);
  before.restart();
  t.equal(before.after(1.5, []), null);
  t.match(before.after(0.5, []), { over: ['no-quorum'] });
});

t.test('the problems of a cluster or a node that is gone are closed', async (t) => {
  const { after } = story();
  after(0, [of('node-copied', 'm-1')]);
  t.same(after(1, [], 'gone'), { problems: [], over: ['node-copied (gone)'] });
});

t.test('a channel gets only the clusters and the severity that it wants', async (t) => {
  const own = problemOf({ rule: 'store-disk-full', cluster: null, name: null, why: reason('not_founded') });
  const problems = [state('no-quorum'), state('no-quorum', 'other'), of('node-copied', 'm-1'), own];
  const rulesFor = (channel: Filter) => {
    const { after } = story(channel);
    after(0, problems);
    return after(10, problems);
  };
  t.same(rulesFor(all), { problems: ['store-disk-full', 'no-quorum', 'no-quorum'] });
  t.same(rulesFor({ clusters: ['other'], severity: 'warning' }), { problems: ['no-quorum'] });
  const { after } = story({ clusters: null, severity: 'critical' });
  t.equal(after(0, [of('node-copied', 'm-1'), state('at-risk')]), null);
  t.same(after(5, [state('no-quorum')]), { problems: ['no-quorum'] });
  after(1, [state('at-risk')]);
  t.same(after(5, [state('at-risk')]), { problems: ['at-risk'] }, 'that it has become milder is of interest');
});

t.test('R18: many problems at once are one short message, and what is stored is bounded', async (t) => {
  const { after, notified } = story();
  const problems = Array.from({ length: 1000 }, (_, number) => of('node-copied', `m-${number}`));
  const sent = after(0, [...problems, state('corrupt')]);
  t.match(sent, { more: mostNotified - keptForCritical - 20, unlisted: 1001 - mostNotified + keptForCritical });
  t.equal(sent?.problems.length, 20);
  t.equal(sent?.problems[0], 'corrupt', 'the most urgent comes first');
  t.equal(notified().length, mostNotified - keptForCritical);
  t.equal(after(1, [...problems, state('corrupt')]), null);
  const critical = Array.from({ length: 100 }, (_, number) => state('corrupt', `c-${number}`));
  t.match(after(1, [...problems, ...critical, state('corrupt')]), {
    problems: critical.slice(0, 20).map(() => 'corrupt'),
  });
  t.equal(notified().length, mostNotified);
});

t.test('R18: warnings without number hide no critical problem', async (t) => {
  const { after } = story();
  const warnings = Array.from({ length: 1000 }, (_, number) => of('node-copied', `m-${number}`));
  after(0, warnings);
  t.same(after(1, [...warnings, state('corrupt')])?.problems, ['corrupt']);
  t.match(after(2, warnings), { over: ['corrupt'] });
});

t.test('a shorter settling time shortens all of them', async (t) => {
  const { after } = story(all, { longestSettleMs: 1000 });
  after(0, [of('board-hot', 'm-1')]);
  t.same(after(0.1, [of('board-hot', 'm-1')]), { problems: ['board-hot'] });
});

/** On and off, each for this long, until the message says that the problem changes often. */
function flap({ after }: ReturnType<typeof story>, problem: Problem, minutes = 1): unknown[] {
  const sent: unknown[] = [];
  for (let round = 0; round < 3; round += 1) {
    sent.push(after(0, [problem]), after(minutes, [problem]));
    if (round === 2) return sent;
    sent.push(after(0.5, []), after(1, []));
  }
  return sent;
}

t.test('a problem that changes often is one message that says so, and one more once it has been steady', async (t) => {
  const one = story();
  const problem = of('node-quarantined', 'm-1');
  const over = { problems: [], over: ['node-quarantined'] };
  t.same(
    flap(one, problem).filter((sent) => sent !== null),
    [
      { problems: ['node-quarantined'] },
      over,
      { problems: ['node-quarantined'] },
      over,
      { problems: ['node-quarantined (often)'] },
    ],
  );
  for (let round = 0; round < 120; round += 1) {
    t.equal(one.after(1, []), null);
    t.equal(one.after(1, []), null);
    t.equal(one.after(1, [problem]), null);
  }
  t.equal(one.notified().length, 1, 'the receiver still knows of it');
  for (let passed = 1; passed < 30; passed += 1) t.equal(one.after(1, []), null);
  t.same(one.after(1, []), over);
  t.same(one.after(60, [problem]), { problems: ['node-quarantined'] }, 'after an hour it is like any other');
});

t.test('a problem that changes often and then stays is sent again once it has been steady', async (t) => {
  const one = story();
  const problem = of('node-quarantined', 'm-1');
  flap(one, problem);
  // It has been there for a minute.
  for (let passed = 2; passed < 30; passed += 1) t.equal(one.after(1, [problem]), null);
  t.same(one.after(1, [problem]), { problems: ['node-quarantined (steady)'] });
  t.equal(one.after(60, [problem]), null);
  t.equal(one.after(0.5, []), null);
  t.same(one.after(1, []), { problems: [], over: ['node-quarantined'] });
});

t.test('a state that changes often and gets worse is sent at once, and the milder one once it is steady', async (t) => {
  const one = story();
  flap(one, state('at-risk'), 5);
  t.equal(one.after(1, [state('no-quorum')]), null);
  t.same(one.after(1, [state('no-quorum')]), { problems: ['no-quorum (often)'] });
  for (let round = 0; round < 10; round += 1) {
    t.equal(one.after(6, [state('at-risk')]), null);
    t.equal(one.after(2, [state('no-quorum')]), null);
  }
  t.equal(one.after(1, [state('at-risk')]), null);
  t.equal(one.after(29, [state('at-risk')]), null);
  t.same(one.after(1, [state('at-risk')]), { problems: ['at-risk (steady)'] });
});

t.test('a critical state that the receiver does not know is sent although another one changes often', async (t) => {
  const one = story();
  flap(one, state('no-quorum'));
  for (let round = 0; round < 5; round += 1) {
    one.after(1, [state('at-risk')]);
    t.equal(one.after(1, [state('no-quorum')]), null);
  }
  t.same(one.after(1, [state('corrupt')]), { problems: ['corrupt (often)'] });
  t.equal(one.after(1, [state('no-quorum')]), null);
  t.equal(one.after(1, [state('corrupt')]), null, 'once');
});

t.test('what changes often is still known to change often after a restart', async (t) => {
  const one = story();
  const problem = of('node-quarantined', 'm-1');
  flap(one, problem);
  one.restart();
  t.equal(one.after(5, []), null);
  t.equal(one.after(5, [problem]), null);
  one.restart();
  for (let passed = 1; passed < 30; passed += 1) t.equal(one.after(1, []), null);
  t.same(one.after(1, []), { problems: [], over: ['node-quarantined'] }, 'the end is sent');
  const gone = story();
  flap(gone, problem);
  gone.restart();
  t.equal(gone.after(1, [], 'gone'), null);
  t.same(gone.after(1, [], 'gone'), { problems: [], over: ['node-quarantined (gone)'] });
  const other = story();
  for (let round = 0; round < 2; round += 1) {
    other.after(1, [problem]);
    other.after(0.5, []);
    other.after(1, []);
  }
  other.restart();
  t.same(other.after(1, [problem]), { problems: ['node-quarantined (often)'] }, 'changes before it count');
});

t.test('R12: restarts do not delay the last state of what changes often', async (t) => {
  for (const isOver of [true, false]) {
    const one = story();
    flap(one, state('at-risk'), 5);
    const last = isOver ? [] : [state('at-risk')];
    one.after(2, []);
    const sent = [one.after(0, last)];
    for (let run = 0; run < 10; run += 1) {
      one.restart();
      sent.push(one.after(0, last), one.after(4, last));
      if (run === 5) t.same(new Set(sent), new Set([null]), 'it has not lasted for 30 minutes');
    }
    const expected = isOver ? { problems: [], over: ['at-risk'] } : { problems: ['at-risk (steady)'] };
    t.same(
      sent.filter((message) => message !== null),
      [expected],
      'it is sent once',
    );
  }
  const moving = story();
  flap(moving, of('node-quarantined', 'm-1'));
  moving.after(20, []);
  moving.restart();
  moving.after(5, []);
  moving.after(5, [of('node-quarantined', 'm-1')]);
  moving.after(1, []);
  t.equal(moving.after(28, []), null, 'it has changed');
});

t.test('R16: a problem that changes often does not come closer to its end while nobody can see it', async (t) => {
  const one = story();
  flap(one, of('node-quarantined', 'm-1'));
  one.after(20, []);
  t.equal(one.after(60, [], 'blind'), null);
  t.equal(one.after(29, []), null);
  t.same(one.after(1, []), { problems: [], over: ['node-quarantined'] });
  const gone = story();
  flap(gone, of('node-quarantined', 'm-1'));
  t.same(gone.after(1, [], 'gone'), { problems: [], over: ['node-quarantined (gone)'] });
});

t.test('R18: the changes that are stored are bounded', async (t) => {
  const { after, changes } = story();
  for (let batch = 0; batch < 8; batch += 1) {
    after(
      1,
      Array.from({ length: 100 }, (_, number) => of('node-copied', `m-${batch * 100 + number}`)),
    );
    after(0.5, []);
    after(1, []);
  }
  t.equal(changes().length, mostCounted);
  after(61, [of('node-copied', 'm-1')]);
  t.same(
    changes().map(({ at }) => at.length),
    [1],
    'what is older than an hour is forgotten',
  );
});
