import t from 'tap';
import { EtcdError } from '../../src/etcd/etcd.ts';
import { gatewayError } from '../../src/etcd/gateway-error.ts';
import { snapshotStream } from '../../src/etcd/snapshot-stream.ts';
import { httpsServer } from '../https-server.ts';
import { authority, credentialPem, localhost } from '../pki.ts';

const told = (value: unknown) => {
  const error = gatewayError(value);
  return error === null ? null : [error.grpcCode, error.message];
};
const full = 'etcdserver: mvcc: database space exceeded';

t.test('reads an error as each version of etcd sends it', (t) => {
  const cases = {
    'the body of an answer, 3.5': { error: full, message: full, code: 8 },
    'the body of an answer, 3.6': { code: 8, message: full, details: [] },
    'a line of a stream, 3.5': { grpc_code: 8, http_code: 429, message: full, http_status: 'Too Many Requests' },
    'a line of a stream, 3.6': { code: 8, message: full, details: [] },
    'the body of a stream that never began, 3.6': { error: { code: 8, message: full, details: [] } },
    'the body of a stream that never began, 3.5': { error: { grpc_code: 8, http_code: 429, message: full } },
  };
  for (const [what, value] of Object.entries(cases)) t.strictSame(told(value), [8, full], what);
  t.end();
});

t.test('a learner is unavailable in each version, and has decided nothing', (t) => {
  const message = 'etcdserver: rpc not supported for learner';
  for (const code of [9, 14]) t.strictSame(told({ code, message }), [14, message], String(code));
  t.end();
});

t.test('anything else is no error of etcd', (t) => {
  for (const value of [undefined, null, 'text', [], {}, { code: 9 }, { message: 'x' }, { error: {} }, { error: null }])
    t.equal(told(value), null, JSON.stringify(value));
  t.end();
});

t.test('a snapshot that etcd breaks off has etcd’s code, in each version', async (t) => {
  const ca = await authority('etcd clients');
  const credential = await credentialPem(ca, { usage: 'coordinator', sans: localhost });
  for (const error of [
    { code: 8, message: full, details: [] },
    { grpc_code: 8, http_code: 429, message: full },
  ]) {
    const { url } = await httpsServer(t, {
      credential,
      respond: (_seen, response) => void response.end(`${JSON.stringify({ error })}\n`),
    });
    const endpoint = { clientUrl: url, metricsUrl: '', trust: ca.certificate.pem, credential };
    const read = snapshotStream(endpoint, new AbortController().signal).next();
    const found: unknown = await read.catch((thrown: unknown) => thrown);
    t.ok(found instanceof EtcdError);
    t.match(found, { grpcCode: 8, message: full });
  }
});
