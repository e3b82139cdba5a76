import t from 'tap';
import { inWords } from '../../src/reasons/in-words.ts';
import { nextStep } from '../../src/reasons/next-step.ts';
import type { Place } from '../../src/reasons/next-steps.ts';
import { type AnyReason, reason } from '../../src/reasons/reason.ts';
import { etcdByHand } from '../../src/service-commands.ts';

const away = reason('voters_absent', { absent: [{ member: 'b', why: reason('etcd_is_silent') }] });
const held = reason('held_now', { member: 'b', by: 'root on b', until: '2026-11-28T14:30:00.000Z', why: null });
const at = (place: Place) => ({ cluster: 'k3s', place });
const places = ['elsewhere', 'board'] as const;
const after = (cause: AnyReason, place: Place) => nextStep(cause, at(place));

t.test('each cause has its own next step, where the user is', async (t) => {
  for (const place of places) {
    const all = reason('repeat_when_all_serve', at(place));
    t.strictSame(after(reason('hold_refused', { why: away }), place), all);
    t.strictSame(after(held, place), reason('repeat_after_hold', { ...at(place), member: 'b' }));
    t.strictSame(after(reason('room_first'), place), reason('repeat_when_idle', at(place)));
    const onTrial = reason('settings_on_trial', { member: 'b' });
    t.strictSame(after(onTrial, place), reason('repeat_after_rollout', at(place)));
    t.strictSame(after({ code: 'of_the_future', facts: {} }, place), reason('repeat_when_idle', at(place)));
    t.strictSame(after(reason('reboots_without_hold', { voters: 2 }), place), reason('reboot_freely'));
    const ailing = (why: AnyReason) =>
      reason('every_voter_must_serve', { ailment: reason('of_member', { member: 'b', why }) });
    t.strictSame(after(ailing(reason('not_reported_since_start')), place), reason('repeat_shortly'));
    t.strictSame(after(ailing(reason('etcd_is_silent')), place), all);
    t.strictSame(after(reason('held_member_leaves'), place), reason('repeat_never'));
  }
});

t.test('a next step names a command that exists where the user is', async (t) => {
  const words = (place: Place) =>
    [
      reason('repeat_when_all_serve', at(place)),
      reason('repeat_after_hold', { ...at(place), member: 'b' }),
      reason('repeat_when_idle', at(place)),
      reason('repeat_after_rollout', at(place)),
    ].map((next) => /`(.*)`/.exec(inWords(next))?.[1] ?? null);
  const watch = 'picket status k3s';
  t.strictSame(words('elsewhere'), [watch, 'picket member release k3s b', watch, 'picket rollout pause k3s']);
  t.strictSame(words('board'), [null, 'picket-agent release', null, null]);
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
