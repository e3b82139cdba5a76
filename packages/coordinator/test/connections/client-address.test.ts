import t from 'tap';
import { countedAddress } from '../../src/connections/client-address.ts';

const cases: readonly (readonly [address: string, counted: string])[] = [
  ['192.168.7.11', '192.168.7.11'],
  ['::ffff:192.168.7.11', '192.168.7.11'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::7', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
];

for (const [address, counted] of cases) {
  t.test(`${address} counts as ${counted}`, async (t) => {
    t.equal(countedAddress(address), counted);
  });
}
