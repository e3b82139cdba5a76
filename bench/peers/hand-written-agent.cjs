// The peer of `agent-memory`: one mutual TLS connection of node:tls, on which the requests of a file are sent one after
// another, and which is then held. Plain JavaScript, for stripping types would cost it memory. It says `done` when all
// are answered.
const { readFileSync } = require('node:fs');
const { connect } = require('node:tls');

const { target, requests } = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const { host, port, ca, certificate, key } = target;
const socket = connect({ host, port, ca, cert: certificate, key });
let sent = 0;
let text = '';

function next() {
  if (sent === requests.length) console.log('done');
  else socket.write(requests[sent++]);
}

socket.setEncoding('utf8');
socket.on('secureConnect', next);
socket.on('data', (data) => {
  text += data;
  const end = text.indexOf('\r\n\r\n');
  if (end === -1) return;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text)?.[1]);
  if (text.length < end + 4 + length) return;
  if (!text.startsWith('HTTP/1.1 200 ')) throw new Error(text);
  text = '';
  next();
});
socket.on('close', () => process.exit(1));
