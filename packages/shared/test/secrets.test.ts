import t from 'tap';
import { logWithoutSecrets, secretProblem, withoutSecrets, withoutSecretsIn } from '../src/secrets.ts';

const canary = 'bm90IGEgcmVhbCBrZXk';
const clean = (text: string, longest = 4000) => logWithoutSecrets(text.split('\n'), longest).join('\n');
/** As a line of etcd's log has it. */
const logged = (msg: string) => JSON.stringify({ level: 'warn', ts: '2026-11-28T10:00:00.000Z', msg });

t.test('R11: a log has neither keys nor tokens nor passwords nor values', (t) => {
  const body = `${canary}${'A'.repeat(45)}\n${canary}`;
  const pem = `-----BEGIN EC PRIVATE KEY-----\n${body}\n-----END EC PRIVATE KEY-----`;
  const texts: Readonly<Record<string, string>> = {
    'a private key over several lines': `before\n${pem}\nafter`,
    'a private key within JSON': logged(pem),
    'a private key without its end': `before\n-----BEGIN PRIVATE KEY-----\n${body}`,
    'a private key without its beginning': `${body}\n-----END EC PRIVATE KEY-----\nafter`,
    'a join string': logged(`cannot join with pkt1.abcdefgh.${canary}.pin`),
    'credentials in a URL': logged(`dial https://user:${canary}@10.0.0.1:2379`),
    'a bearer token': `Authorization: Bearer ${canary}.x.y`,
    'a basic login': `authorization: Basic ${canary}==`,
    'a JSON web token': logged(`cannot parse eyJhbGciOiJIUzI1NiJ9.${canary}.c2ln`),
    'a simple token of etcd': `{"level":"info","msg":"deleted a simple token","user-name":"root","token":"${canary}.19"}`,
    'a password in JSON': `{"msg":"x","admin-password":"${canary}"}`,
    'a password in JSON within JSON': logged(`body {"password":"a\\"${canary}"}`),
    'a password as an option': `exec: etcd --auth-token=jwt --password=${canary} --x`,
    'the token of k3s': `K10${'ab'.repeat(32)}::server:${canary}`,
    'a value': logged(`apply request took too long put:<key:"/registry/pods/a" value:"x\\"${canary}" lease:7 >`),
    'a value without an end': `range response kvs:<key:"/a" value:"${canary}`,
    'a former value': `put:<key:"/a" prev_value:"${canary}" >`,
  };
  for (const [what, text] of Object.entries(texts)) t.notMatch(clean(text), canary, what);
  t.end();
});

const secret = 'canary5';
const base64 = (text: string) => Buffer.from(text).toString('base64');
/** Each form in which programs print a secret, and what Picket shows of it. */
const forms: readonly (readonly [before: string, after: string])[] = [
  [`password=${secret} user=a`, 'password=… user=a'],
  [`password="${secret} and more" user=a`, 'password="…" user=a'],
  [`password='${secret} and more' user=a`, "password='…' user=a"],
  [`password:  ${secret}`, 'password:  …'],
  [`password = ${secret}`, 'password = …'],
  [`etcdctl --password ${secret} get a`, 'etcdctl --password … get a'],
  [`etcdctl --password "${secret} x" get a`, 'etcdctl --password "…" get a'],
  [`["etcdctl","--password","${secret}","get"]`, '["etcdctl","--password","…","get"]'],
  [`etcdctl --user root:${secret} get a`, 'etcdctl --user root:… get a'],
  [`["etcdctl","--user","root:${secret}"]`, '["etcdctl","--user","root:…"]'],
  [`{"secretAccessKey":"${secret}","x":1}`, '{"secretAccessKey":"…","x":1}'],
  [`{ "password" : "a\\"${secret}", "x":1}`, '{ "password" : "…", "x":1}'],
  [`{"password":"a\\\\","x":1}`, '{"password":"…","x":1}'],
  [`{"apiKey":12345,"token":null,"secret":{"name":"a"}}`, '{"apiKey":"…","token":null,"secret":{"name":"a"}}'],
  [logged(`{"password":"a\\"${secret}","x":1}`), logged('{"password":"…","x":1}')],
  [logged(logged(`{"password":"a\\"${secret}","x":1}`)), logged(logged('{"password":"…","x":1}'))],
  [`AWS_SECRET_ACCESS_KEY=${secret} AWS_SESSION_TOKEN=${secret}`, 'AWS_SECRET_ACCESS_KEY=… AWS_SESSION_TOKEN=…'],
  [`aws_secret_access_key = ${secret}`, 'aws_secret_access_key = …'],
  [`DB_PASS=${secret}`, 'DB_PASS=…'],
  [`k3s server --etcd-s3-secret-key=${secret} --etcd-s3`, 'k3s server --etcd-s3-secret-key=… --etcd-s3'],
  [`k3s server --etcd-s3-access-key ${secret} --etcd-s3`, 'k3s server --etcd-s3-access-key … --etcd-s3'],
  [`etcd-s3-secret-key: ${secret}`, 'etcd-s3-secret-key: …'],
  [`MINIO_SECRET_KEY=${secret}`, 'MINIO_SECRET_KEY=…'],
  [`{"secret_key":"${secret}","x":1}`, '{"secret_key":"…","x":1}'],
  [`accessKeyId=${secret}`, 'accessKeyId=…'],
  [`AWS_ACCESS_KEY_ID=${secret}`, 'AWS_ACCESS_KEY_ID=…'],
  [`encryption-key: ${secret}`, 'encryption-key: …'],
  [`client-key-data: ${base64(`-----BEGIN EC PRIVATE KEY-----\n${secret}`)}`, 'client-key-data: …'],
  [`kubeconfig ${base64(`-----BEGIN EC PRIVATE KEY-----\n${secret}`)} end`, 'kubeconfig (base64) end'],
  [`kubeconfig ${base64(`\n--BEGIN CERT--${secret}`.repeat(4))} end`, 'kubeconfig (base64) end'],
  [`{"Authorization":["Basic ${base64(`a:${secret}`)}"],"x":1}`, '{"Authorization":["…"],"x":1}'],
  [logged(`{"Authorization":["Basic ${base64(`a:${secret}`)}"],"x":1}`), logged('{"Authorization":["…"],"x":1}')],
  [`map[Authorization:[Basic ${base64(`a:${secret}`)}] X:[1]]`, 'map[Authorization:[…] X:[1]]'],
  [`Authorization: Basic ${base64(`a:${secret}`)}`, 'Authorization: Basic …'],
  [`Authorization: AWS4-HMAC-SHA256 Credential=a, Signature=${secret}`, 'Authorization: AWS4-HMAC-SHA256 …'],
  [`it sent Basic ${base64(`a:${secret}`)} to us`, 'it sent Basic … to us'],
  [`Cookie: a=1; session=${secret}`, 'Cookie: …'],
  [`{"Set-Cookie":["s=${secret}; Path=/"],"x":1}`, '{"Set-Cookie":["…"],"x":1}'],
  [`{"cookie":"a=1; session=${secret}"}`, '{"cookie":"…"}'],
  [`GET /?access_token=${secret}&x=1`, 'GET /?access_token=…&x=1'],
  [`dial https://user:${secret}@h:1/ and on`, 'dial https://…@h:1/ and on'],
  [`dial https://user:a@${secret}@h:1/ and on`, 'dial https://…@h:1/ and on'],
  [`dial postgres://u:a#${secret}@h/db and on`, 'dial postgres://…@h/db and on'],
  [`dial postgres://u:a?${secret}@h/db and on`, 'dial postgres://…@h/db and on'],
  [`{"url":"https://u:${secret}#@h","mail":"a@b"}`, '{"url":"https://…@h","mail":"a@b"}'],
  [`x-eyJhbGciOiJIUzI1NiJ9.${canary}.c2ln y`, 'x-(a token) y'],
];

t.test('R11: each form of a secret is removed from a log, an error and a bundle, and nothing beside it', (t) => {
  for (const [before, after] of forms) {
    t.equal(clean(before), after, 'in a log');
    t.equal(withoutSecrets(before), after, 'in an error');
    t.same(withoutSecretsIn({ of: [before, 'next'] }), { of: [after, 'next'] }, 'in a bundle');
    t.match(secretProblem(before), /^contains what looks like a secret/, 'in a text that is to be stored');
    t.equal(secretProblem(after), null);
    t.equal(withoutSecrets(after), after, 'what is shown holds no more secret');
  }
  t.end();
});

t.test('R11: a value of JSON that is cut hides no other line', (t) => {
  for (const cut of [
    '{"password":"abc',
    '{"Authorization":["Basic abc',
    '{"msg":"{\\"password\\":\\"abc',
    'password="abc',
  ]) {
    t.match(clean(`${cut}\nnext "line"`), /[^a]\nnext "line"$/, cut);
    t.notMatch(clean(cut), 'abc');
  }
  t.end();
});

t.test('what shows the fault stays', (t) => {
  const request = 'header:<ID:7 > put:<key:\\"/registry/secrets/default/db-password\\" value_size:1234 >';
  const line = `{"level":"warn","msg":"apply request took too long","took":"204ms","request":"${request}"}`;
  t.equal(clean(line), line, 'the names of keys and the size of a value');
  t.equal(
    clean(logged('put:<key:"/a" value:"secret" lease:7 >')),
    logged('put:<key:"/a" value:"…" lease:7 >'),
    'what comes after a value',
  );
  const san = '{"msg":"rejected connection","error":"tls: bad certificate","value":"192.168.7.11"}';
  t.equal(clean(san), san);
  t.equal(clean('one\n\ntwo'), 'one\n\ntwo');
  const told = [
    'basic authentication is off, and so is the bearer token',
    'make another token: `picket token create CLUSTER`',
    'in one line: pkt1.ID.SECRET.PIN.',
    'give a password with --password-file FILE, or a token with --token-file',
    `sha256 ${'0a'.repeat(32)}, file /var/lib/picket/etcd/${'long/'.repeat(15)}`,
    'https://host:2379/path?query=a@b',
    'etcd --cert-file=/etc/etcd/server.crt --key-file=/etc/etcd/server.key --peer-key-file /etc/etcd/peer.key',
    'k3s server --datastore-keyfile=/etc/k3s/client.key --etcd-s3-endpoint=s3.example.net --secrets-encryption',
    'k3s server --kube-apiserver-arg=service-account-signing-key-file=/etc/k3s/service.key',
    'cert-key-file=/path, key: /registry/a, keyspace: 7, keys=3, keyId=4, monkey=5, secretKeyRef: {name: a}',
    '{"max-request-bytes":1572864,"auth":false,"tokens":3}',
  ];
  for (const text of told) t.equal(clean(text), text);
  t.end();
});

t.test('a long line is cut, and not within a secret', (t) => {
  t.same(logWithoutSecrets([`${'word '.repeat(10)}`], 20), ['word word word word…']);
  const late = `value:"${'x'.repeat(25)}" eyJhbGci${canary}`;
  t.notMatch(clean(late, 20), 'eyJ');
  t.end();
});

t.test('R18: a hostile line takes no time to speak of', (t) => {
  const hostile = ['eyJ-', '-eyJ', '"password":"', 'password=', 'value:"', '\\', '["', '://'].flatMap((part) =>
    Array(16).fill(part.repeat(100_000)),
  );
  t.equal(logWithoutSecrets(hostile, 4000).length, hostile.length);
  t.end();
});
