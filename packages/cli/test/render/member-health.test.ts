import t from 'tap';
import { memberHealth } from '../../src/render/member-health.ts';
import { before, clusterStatus, member, status } from '../support/views.ts';

const now = Date.parse(clusterStatus().now);
const health = (stops: 'agent' | 'machine', secondsAgo: number) => {
  const { agent } = status(1);
  return memberHealth(
    member(1, { reportedAt: before(secondsAgo), status: status(1, { agent: { ...agent, stops } }) }),
    now,
  );
};

t.test('a member that serves without its data dir is not healthy', (t) => {
  const view = member(1, { status: status(1, { service: { ...status(1).service, dataGone: true } }) });
  t.strictSame(memberHealth(view, now), { grade: 'bad', words: 'data deleted' });
  t.end();
});

t.test('a stopped agent, a machine that was shut down and a silent agent have different words', (t) => {
  t.strictSame(health('agent', 30), { grade: 'good', words: 'healthy' }, 'its last report still tells of now');
  t.strictSame(health('agent', 36), { grade: 'doubtful', words: 'agent stopped' });
  for (const seconds of [0, 3600]) t.strictSame(health('machine', seconds), { grade: 'bad', words: 'machine off' });
  t.end();
});
