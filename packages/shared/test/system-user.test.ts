import t from 'tap';
import { userCommands } from '../src/system-user.ts';

const of = { user: 'picket', home: '/var/lib/picket' };

t.test('the adduser of busybox gets a group of the same name, which it does not make itself', (t) => {
  const adduser = [
    ...['adduser', '-S', '-D', '-H', '-h', '/var/lib/picket', '-s', '/sbin/nologin'],
    ...['-G', 'picket', '-g', 'picket', 'picket'],
  ];
  t.strictSame(userCommands('adduser', { ...of, hasGroup: false }), [['addgroup', '-S', 'picket'], adduser]);
  t.strictSame(userCommands('adduser', { ...of, hasGroup: true }), [adduser]);
  t.end();
});
