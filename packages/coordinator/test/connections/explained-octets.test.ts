import t from 'tap';
import { explainedOctets } from '../../src/connections/explained-octets.ts';

const kib = 1024;

t.test('R18: without a request, a handshake and the head of a request are explained, and not more', async (t) => {
  const octets = explainedOctets<object>();
  const connection = {};
  t.notOk(octets.isExceeded(connection, 8 * kib));
  t.ok(octets.isExceeded(connection, 16 * kib));
});

t.test('R18: each request explains its head and the body that it announces', async (t) => {
  const octets = explainedOctets<object>();
  const connection = {};
  const body = 512 * kib;
  let sent = 3 * kib;
  for (let count = 0; count < 10; count += 1) {
    octets.requested(connection, { 'content-length': String(body) });
    sent += body + kib;
    t.notOk(octets.isExceeded(connection, sent));
  }
  t.ok(octets.isExceeded(connection, sent + 2 * body));
});

t.test('R18: a body of unknown length explains the largest one', async (t) => {
  const octets = explainedOctets<object>();
  const connection = {};
  octets.requested(connection, { 'transfer-encoding': 'chunked' });
  t.notOk(octets.isExceeded(connection, 1000 * kib));
  t.ok(octets.isExceeded(connection, 4000 * kib));
  t.ok(octets.isExceeded({}, 1000 * kib), 'of another connection, nothing is explained');
});

t.test('R18: a request that announces more than any route takes explains no more than the largest one', async (t) => {
  const octets = explainedOctets<object>();
  const connection = {};
  octets.requested(connection, { 'content-length': '1000000000000' });
  t.ok(octets.isExceeded(connection, 4000 * kib));
});
