import t from 'tap';
import * as Type from 'typebox';
import { misfit } from '../../src/protocol/check.ts';
import { ClusterStatusView, OwnMember } from '../../src/protocol/clusters.ts';
import { EventView } from '../../src/protocol/events.ts';
import { ReportAnswer } from '../../src/protocol/report.ts';
import { changeBy, cutOf, withShortSentences } from '../../src/protocol/sentences.ts';

const long = 'x'.repeat(2500);
const cut = `${'x'.repeat(1999)}…`;

const told = (message: string) => ({ code: 'test', facts: { member: 'x-k3s-m-1' }, message });

t.test('R18: a sentence that is too long is cut wherever an answer has it', async (t) => {
  for (const [schema, value, expected] of [
    [ReportAnswer, { waitsFor: [told(long), told('short')] }, { waitsFor: [told(cut), told('short')] }],
    [OwnMember, { rests: told(long), waitsFor: [] }, { rests: told(cut), waitsFor: [] }],
    [EventView, { kind: 'freeze', message: long }, { kind: 'freeze', message: cut }],
    [
      ClusterStatusView,
      { notices: [told(long)], rollout: { reason: told(long) } },
      { notices: [told(cut)], rollout: { reason: told(cut) } },
    ],
  ] as const) {
    t.strictSame(withShortSentences(schema, value), expected);
  }
});

t.test('what is no sentence is not cut', async (t) => {
  t.equal(changeBy(Type.Object({ name: Type.String({ maxLength: 10 }), text: Type.String() }), cutOf), null);
  const value = { everySeconds: 10, waitsFor: 'no' };
  t.strictSame(withShortSentences(ReportAnswer, value), value);
  t.strictSame(withShortSentences(ReportAnswer, { waitsFor: [1, null] }), { waitsFor: [1, null] });
  t.equal(withShortSentences(ReportAnswer, null), null);
});

t.test('an answer with a sentence that is cut fits its schema', async (t) => {
  const answer = { everySeconds: 10, now: '2026-01-01T00:00:00Z', waitsFor: [told(long)] };
  t.equal(misfit(ReportAnswer, answer), 'its field waitsFor has the wrong form');
  t.equal(misfit(ReportAnswer, withShortSentences(ReportAnswer, answer)), undefined);
});
