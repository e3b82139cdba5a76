import {
  badRequest,
  conflict,
  contentTooLarge,
  internalError,
  notFound,
  tooManyRequests,
  unprocessableContent,
} from './by-status.ts';
/** Errors of any request. */
export const requestErrors = {
  invalid_request: badRequest(
    'The request is not valid: {problem}.',
    'Correct what the message names. `--help` of the command lists its arguments. For the API, /openapi.json lists the fields of each route; unknown fields are refused.',
  ),
  not_found: notFound(
    'The {what} {name} does not exist.',
    'Check the spelling. These commands list what exists: `picket cluster list`, `picket node list`, `picket token list`, `picket snapshot list NAME`, `picket release list`, `picket operator list`, `picket notify list`.',
  ),
  payload_too_large: contentTooLarge('The request body is larger than {limitBytes} bytes.', 'Send a smaller body.'),
  too_many_requests: tooManyRequests(
    'The coordinator answers each client at most {most} {what} within {seconds} s. This one is above the limit.',
    'Try again in {retryAfterSeconds} s. If the client works as it should, raise the limit in coordinator.yml (limits), and restart the coordinator.',
  ),
  too_many_streams: tooManyRequests(
    'The coordinator has {most} event streams of {of} open. More are not allowed.',
    'End another `picket events --follow` or `picket status --watch`. If each one is needed, raise eventStreamsPerOperator or eventStreams in coordinator.yml (limits), and restart the coordinator.',
  ),
  idempotency_key_reused: unprocessableContent(
    'Another request was sent before with the idempotency key {key}.',
    'Make a new key for each request, for example a UUID. Send the same key only to repeat a request unchanged.',
  ),
  idempotent_request_running: conflict(
    'The coordinator still carries out the first request with the idempotency key {key}.',
    'Repeat the request in {retryAfterSeconds} s, with the same key.',
  ),
  idempotent_answer_unknown: conflict(
    'The coordinator began an earlier request with the idempotency key {key}, but cannot repeat its answer: {reason}. It has not carried it out again.',
    'Look whether the earlier request took effect, for example with `picket audit list`. If it did not, repeat the command. A program sends the request with a new key.',
  ),
  change_kept: internalError(
    'The change was made and is stored. After that, the coordinator failed unexpectedly (reference {reference}).',
    'Do not repeat the change. Look at the result first, for example with `picket status`. The coordinator continues from what is stored, with the next report of a node at the latest. Its log has the cause under this reference.',
  ),
  internal: internalError(
    'The coordinator failed unexpectedly (reference {reference}).',
    'If the request was a change, check whether it was made before you repeat it. The coordinator’s log has the cause under this reference.',
  ),
} as const;
