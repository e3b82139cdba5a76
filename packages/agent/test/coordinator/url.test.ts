import { PicketError } from '@picket/shared/errors.ts';
import t from 'tap';
import { coordinatorUrl } from '../../src/coordinator/url.ts';

for (const [written, url] of [
  ['https://coordinator.example:7443', 'https://coordinator.example:7443'],
  [' https://Coordinator.example:8443/ ', 'https://coordinator.example:8443'],
  ['https://192.168.7.10', 'https://192.168.7.10:7443'],
  ['https://coordinator.example:443', 'https://coordinator.example:443'],
  ['coordinator.example', 'https://coordinator.example:7443'],
  ['coordinator.example:9000', 'https://coordinator.example:9000'],
  ['https://[fd00::1]:7443', 'https://[fd00::1]:7443'],
] as const) {
  t.test(`${written} means ${url}`, async (t) => {
    t.equal(coordinatorUrl(written), url);
  });
}

for (const [written, problem] of [
  ['', /it is empty/],
  ['http://coordinator.example', /must begin with https/],
  ['https://coordinator.example/v1', /must end after the host and port/],
  ['https://user:word@coordinator.example', /user or password/],
  ['https://co ordinator', /cannot be read/],
] as const) {
  t.test(`"${written}" is refused`, async (t) => {
    t.throws(() => coordinatorUrl(written), { code: 'coordinator_url_invalid', facts: { problem } });
  });
}

t.test('R11: a password in an address is not repeated', async (t) => {
  try {
    coordinatorUrl('https://user:hunter2@coordinator.example');
  } catch (error) {
    t.notMatch(error instanceof PicketError && JSON.stringify(error.toWire()), /hunter2/);
  }
});
