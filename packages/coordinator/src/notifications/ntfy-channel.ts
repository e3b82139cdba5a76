import type { Channel } from './channel.ts';
import type { SettingsOf } from './channel-settings.ts';
import { postChannel } from './http-request.ts';
import type { Notification } from './words.ts';

/** ntfy takes 4,096 bytes, and makes a file of a longer message. */
const mostBytes = 4000;

/** Publishes as JSON at the root of an ntfy server (its documentation, "Publish as JSON"). */
export function ntfyChannel({ url, ...secrets }: SettingsOf<'ntfy'>): Channel {
  const whole = new URL(url);
  const topic = topicOf(whole);
  return postChannel(new URL('.', whole), secrets, (notification) => {
    const { title, text } = notification;
    return { body: JSON.stringify({ topic, title, message: cutBytes(text), ...look(notification) }) };
  });
}

/** The last part of the path. */
export function topicOf({ pathname }: URL): string {
  return pathname.slice(pathname.lastIndexOf('/') + 1);
}

/** Priorities from 1 to 5, 3 being the default; a tag with the name of an emoji is shown as that. */
function look({ kind, severity }: Notification): { readonly priority: number; readonly tags: readonly string[] } {
  if (severity === 'critical') return { priority: 5, tags: ['rotating_light'] };
  if (severity === 'warning') return { priority: 4, tags: ['warning'] };
  return { priority: 3, tags: kind === 'recovered' ? ['white_check_mark'] : [] };
}

function cutBytes(text: string): string {
  const octets = Buffer.from(text);
  if (octets.length <= mostBytes) return text;
  // A character that was cut in half becomes the replacement character.
  return `${octets
    .subarray(0, mostBytes)
    .toString('utf8')
    .replace(/\uFFFD$/u, '')}…`;
}
