import t from 'tap';
import { requestText } from '../../bench/load/request.ts';
import { ResponseReader } from '../../bench/load/response-reader.ts';

const head = (status: string, ...headers: string[]) => [`HTTP/1.1 ${status}`, ...headers, '', ''].join('\r\n');
const withLength = `${head('200 OK', 'Content-Length: 5')}hello`;
const chunked = `${head('200 OK', 'Transfer-Encoding: chunked')}5\r\nhello\r\n1\r\n0\r\n0\r\n\r\n`;

t.test('an answer is reported once it is whole, however it is cut', async (t) => {
  for (const answer of [head('304 Not Modified', 'ETag: "x"'), withLength, chunked]) {
    for (let cut = 1; cut < answer.length; cut += 1) {
      const reader = new ResponseReader();
      t.equal(reader.take(Buffer.from(answer.slice(0, cut))), null);
      t.match(reader.take(Buffer.from(answer.slice(cut))), { status: answer.startsWith('HTTP/1.1 304') ? 304 : 200 });
    }
  }
});

t.test('answers follow one another on a connection', async (t) => {
  const reader = new ResponseReader();
  t.match(reader.take(Buffer.from(withLength)), { status: 200, body: 'hello' });
  t.match(reader.take(Buffer.from(head('204 No Content'))), { status: 204, body: '' });
});

t.test('what cannot be counted by is an error', async (t) => {
  const take = (text: string) => () => new ResponseReader().take(Buffer.from(text));
  t.throws(take(`${withLength}HTTP`), { message: /more came/ });
  t.throws(take(head('200 OK')), { message: /neither length nor chunks/ });
  t.throws(take(head('200 OK').replace('HTTP', 'SSH')), { message: /no HTTP/ });
});

t.test('a request tells the bytes of its body', async (t) => {
  t.equal(
    requestText('GET', '/a', { 'if-none-match': '"x"' }),
    'GET /a HTTP/1.1\r\nhost: 127.0.0.1\r\nif-none-match: "x"\r\n\r\n',
  );
  t.match(requestText('POST', '/a', {}, { name: 'ä' }), /content-length: 13\r\n\r\n\{"name":"ä"\}$/);
});
