import t from 'tap';
import { inWords } from '../../src/reasons/in-words.ts';
import { nextStep } from '../../src/reasons/next-step.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';
import { etcdByHand } from '../../src/service-commands.ts';

const away = reason('voters_absent', { absent: [{ member: 'b', why: reason('etcd_is_silent') }] });
const held = reason('held_now', { member: 'b', by: 'root on b', until: '2026-11-28T14:30:00.000Z', why: null });
const after = (cause: AnyReason, place: 'board' | 'elsewhere') => inWords(nextStep(cause, { cluster: 'k3s', place }));

t.test('each cause has its own next step, with a command that exists where the user is', async (t) => {
  const causes: [AnyReason, string, string][] = [
    [
      reason('hold_refused', { why: away }),
      'When every voter serves, repeat this command. `picket status k3s` shows the state of each.',
      'When every voter serves, repeat this command.',
    ],
    [
      held,
      'When that hold has ended, repeat this command. To end it: `picket member release k3s b`.',
      'When that hold has ended, repeat this command. To end it: `picket-agent release` on the machine of b.',
    ],
    [
      reason('room_first'),
      'When `picket status k3s` shows that the cluster waits for nothing, repeat this command.',
      'When nothing else is under way in the cluster, repeat this command.',
    ],
    [
      reason('settings_on_trial', { member: 'b' }),
      'When the rollout is over, repeat this command. To stop it between two members: `picket rollout pause k3s`.',
      'When the rollout is over, repeat this command.',
    ],
  ];
  for (const [cause, elsewhere, board] of causes) {
    t.equal(after(cause, 'elsewhere'), elsewhere);
    t.equal(after(cause, 'board'), board);
  }
  t.equal(
    after(reason('reboots_without_hold', { voters: 2 }), 'board'),
    'When nobody needs etcd, reboot the machine without a hold.',
  );
  t.match(after({ code: 'of_the_future', facts: {} }, 'board'), /^When nothing else is under way/);
  const ailing = (why: AnyReason) =>
    reason('every_voter_must_serve', { ailment: reason('of_member', { member: 'b', why }) });
  t.equal(after(ailing(reason('not_reported_since_start')), 'board'), 'Repeat this command in some seconds.');
  t.match(after(ailing(reason('etcd_is_silent')), 'board'), /^When every voter serves/);
  t.match(after(reason('held_member_leaves'), 'elsewhere'), /^Do not repeat this command/);
});

t.test('work without a hold names the commands of the init system, or the order without one', (t) => {
  const words = (init: keyof typeof etcdByHand) => inWords(reason('work_by_hand', { commands: etcdByHand[init] }));
  t.match(
    words('openrc'),
    /stop etcd: `rc-service picket-agent stop && rc-service etcd stop`\. .*: `rc-service etcd start && rc/,
  );
  t.match(
    words('systemd'),
    /stop etcd: `systemctl stop picket-agent etcd`\. .*: `systemctl start etcd picket-agent`\.$/,
  );
  t.match(words('process'), /stop the agent first, and etcd after it\./);
  t.end();
});
