/** Errors of any request. */
export const requestErrors = {
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {problem}.',
    hint: 'Correct what the message names. `--help` of the command lists its arguments. For the API, /openapi.json lists the fields of each route; unknown fields are refused.',
  },
  not_found: {
    status: 404,
    message: 'The {what} {name} does not exist.',
    hint: 'Check the spelling. These commands list what exists: `picket cluster list`, `picket node list`, `picket token list`, `picket snapshot list NAME`, `picket release list`, `picket operator list`, `picket notify list`.',
  },
  payload_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    hint: 'Send a smaller body.',
  },
  too_many_requests: {
    status: 429,
    message:
      'The coordinator answers each client at most {most} {what} within {seconds} s. This one is above the limit.',
    hint: 'Try again in {retryAfterSeconds} s. If the client works as it should, raise the limit in coordinator.yml (limits), and restart the coordinator.',
  },
  too_many_streams: {
    status: 429,
    message: 'The coordinator has {most} event streams of {of} open. More are not allowed.',
    hint: 'End another `picket events --follow` or `picket status --watch`. If each one is needed, raise eventStreamsPerOperator or eventStreams in coordinator.yml (limits), and restart the coordinator.',
  },
  idempotency_key_reused: {
    status: 422,
    message: 'Another request was sent before with the idempotency key {key}.',
    hint: 'Make a new key for each request, for example a UUID. Send the same key only to repeat a request unchanged.',
  },
  idempotent_request_running: {
    status: 409,
    message: 'The coordinator still carries out the first request with the idempotency key {key}.',
    hint: 'Repeat the request in {retryAfterSeconds} s, with the same key.',
  },
  idempotent_answer_unknown: {
    status: 409,
    message:
      'The coordinator began an earlier request with the idempotency key {key}, but cannot repeat its answer: {reason}. It has not carried it out again.',
    hint: 'Look whether the earlier request took effect, for example with `picket audit list`. If it did not, repeat the command. A program sends the request with a new key.',
  },
  change_kept: {
    status: 500,
    message:
      'The change was made and is stored. After that, the coordinator failed unexpectedly (reference {reference}).',
    hint: 'Do not repeat the change. Look at the result first, for example with `picket status`. The coordinator continues from what is stored, with the next report of a node at the latest. Its log has the cause under this reference.',
  },
  internal: {
    status: 500,
    message: 'The coordinator failed unexpectedly (reference {reference}).',
    hint: 'If the request was a change, check whether it was made before you repeat it. The coordinator’s log has the cause under this reference.',
  },
} as const;
