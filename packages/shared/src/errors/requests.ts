/** What any request may meet. */
export const requestErrors = {
  invalid_request: {
    status: 400,
    message: 'The request is not valid: {problem}.',
    hint: 'Correct the named field; unknown fields are refused. --help of the command tells what it takes, /openapi.json what each route of the API does.',
  },
  not_found: {
    status: 404,
    message: 'There is no {what} named {name}.',
    hint: 'Check the spelling; the list of its kind shows what there is: `picket cluster list`, `picket node list`, `picket token list`, `picket snapshot list NAME`, `picket release list`.',
  },
  payload_too_large: {
    status: 413,
    message: 'The request body is larger than {limitBytes} bytes.',
    hint: 'Send a smaller body.',
  },
  too_many_requests: {
    status: 429,
    message: 'The coordinator answers at most {most} {what} within {seconds} s for one client, and this is one more.',
    hint: 'Try again in {retryAfterSeconds} s. If nothing is wrong with the client, raise the limit in coordinator.yml (limits), and restart the coordinator.',
  },
  internal: {
    status: 500,
    message: 'The coordinator failed unexpectedly (reference {reference}).',
    hint: 'The coordinator log has the cause under this reference. Nothing was half done; try again.',
  },
} as const;
