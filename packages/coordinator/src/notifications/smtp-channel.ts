import { isIP, type Socket } from 'node:net';
import { hostOf, isToThisMachine } from '@picket/shared/names.ts';
import { reason } from '@picket/shared/reasons/reason.ts';
import { createTransport } from 'nodemailer';
import { connectToReceiver } from '../connections/receiver-address.ts';
import { type Channel, deliverySeconds, type Failure } from './channel.ts';
import type { SettingsOf } from './channel-settings.ts';
import { failed } from './http-request.ts';
import type { Notification } from './words.ts';

const deadlineMs = deliverySeconds * 1000;

/**
 * Sends mail. The only file that knows the library. `smtps://` is TLS from the start; `smtp://` demands STARTTLS, except on
 * this machine, so that password and message are never sent in the clear (R11).
 */
export function smtpChannel({ url: given, from, to, user, password, ca }: SettingsOf<'smtp'>): Channel {
  const url = new URL(given);
  const isTls = url.protocol === 'smtps:';
  const port = url.port === '' ? (isTls ? 465 : 587) : Number(url.port);
  const host = hostOf(url);
  const target = `${url.hostname}:${port}`;
  return {
    target,
    async send(notification, signal) {
      const ended = AbortSignal.any([signal, AbortSignal.timeout(deadlineMs)]);
      // The timeouts of the library are for one silence each: a server that answers slowly could take any time.
      const end = new Promise<Failure>((resolve) => {
        ended.addEventListener('abort', () => resolve(failed(target, null, true)), { once: true });
      });
      const sent = connectToReceiver(host, port, ended).then(
        (connection) => mailOver(connection, notification),
        (error: unknown) => (ended.aborted ? end : failed(target, error, false)),
      );
      return Promise.race([sent, end]);
    },
  };

  async function mailOver(connection: Socket, notification: Notification): Promise<Failure> {
    const transport = createTransport({
      // The library would look the name up again, and leave no address out.
      getSocket: (_options, give) => give(null, { connection }),
      host,
      port,
      secure: isTls,
      requireTLS: !isTls && !isToThisMachine(url),
      greetingTimeout: deadlineMs,
      socketTimeout: deadlineMs,
      disableFileAccess: true,
      disableUrlAccess: true,
      tls: { ...(ca === undefined ? {} : { ca }), ...(isIP(host) === 0 ? { servername: host } : {}) },
      ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    });
    return transport
      .sendMail(mailOf(notification, from, to))
      .then(
        () => null,
        (error: unknown) => judged(target, error),
      )
      .finally(() => transport.close());
  }
}

/** A repeated delivery has the same Message-ID, by which mail programs know it. */
function mailOf({ id, title, text, severity }: Notification, from: string, to: readonly string[]) {
  return {
    from,
    to: [...to],
    subject: `[Picket] ${title}`,
    text: `${text}\n`,
    messageId: `<${id}@picket>`,
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...(severity === 'critical' ? { priority: 'high' as const } : {}),
  };
}

/** Nothing that the server said is repeated: it may echo what was sent to it (R11). */
function judged(target: string, error: unknown): Failure {
  const { code, responseCode } = error as { readonly code?: string; readonly responseCode?: number };
  switch (code) {
    case 'EAUTH':
      return reason('mail_refused', { target, what: 'login', status: responseCode ?? null });
    case 'EENVELOPE':
    case 'EMESSAGE':
      return reason('mail_refused', {
        target,
        what: code === 'EENVELOPE' ? 'address' : 'message',
        status: responseCode ?? null,
      });
    case 'ETLS':
      return reason('mail_refused', { target, what: 'tls', status: responseCode ?? null });
    default:
      return failed(target, rootOf(error), code === 'ETIMEDOUT');
  }
}

/** The library replaces the codes of the system and of TLS by its own, and keeps their messages. */
function rootOf(error: unknown): unknown {
  const { message = '' } = error as { readonly message?: string };
  if (message.includes('altnames')) return { code: 'ERR_TLS_CERT_ALTNAME_INVALID' };
  if (message.includes('certificate has expired')) return { code: 'CERT_HAS_EXPIRED' };
  if (message.includes('certificate')) return { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' };
  const [code] = /\bE[A-Z]{4,}\b/.exec(message) ?? [];
  return code === undefined ? error : { code };
}
