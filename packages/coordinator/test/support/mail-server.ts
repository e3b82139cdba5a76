import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import type { Test } from 'tap';

export interface ReceivedMail {
  readonly user: string | null;
  readonly isEncrypted: boolean;
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
}

/** A real mail server on loopback. It takes the user `ada` with this password, and nobody else who logs in. */
export async function mailServer(t: Test, password: string, options: SMTPServerOptions = {}, host = '127.0.0.1') {
  const received: ReceivedMail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    onAuth({ username = '', password: given }, _session, callback) {
      if (username === 'ada' && given === password) callback(null, { user: username });
      else callback(new Error(`no login for ${username} with ${given}`));
    },
    onData(stream, { user, secure, envelope: { mailFrom, rcptTo } }, callback) {
      let text = '';
      stream.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      stream.on('end', () => {
        const from = mailFrom === false ? '' : mailFrom.address;
        const to = rcptTo.map(({ address }) => address);
        received.push({ user: (user as string | undefined) ?? null, isEncrypted: secure, from, to, text });
        callback();
      });
    },
    ...options,
  });
  // What a client breaks off is no fault of the server.
  server.on('error', () => undefined);
  await new Promise<void>((resolve) => {
    server.listen(0, host, resolve);
  });
  t.teardown(() => new Promise<void>((resolve) => server.close(resolve)));
  return { received, port: (server.server.address() as AddressInfo).port };
}
