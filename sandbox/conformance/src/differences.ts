import type { ClientName } from './case.ts';

/** Where an official client by itself does something else than the API says; the case is then no finding about the workspace. */
export interface Difference {
  client: ClientName;
  /** Regular expression over the case id. */
  id: string;
  /** Regular expression over what was found: anything else is still a failure. */
  found: string;
  why: string;
}

export const differences: readonly Difference[] = [
  {
    client: 'java',
    id: '.',
    found: ': status is 404, not 400; error code is RESOURCE_DOES_NOT_EXIST, not INVALID_PARAMETER_VALUE$',
    why: 'the Java SDK rewrites status and code of "does not exist" answers; the Python SDK only chooses another class',
  },
  {
    client: 'java',
    id: '^(jobs|runs)/get-merges-pages$',
    found: '100 elements, not 101',
    why: 'the Java SDK answers the first page of a job or run and leaves the others to the caller',
  },
  {
    client: 'java',
    id: '^runs/output-missing$',
    found: 'does not take it for "does not exist"',
    why: 'the Java SDK knows this override for runs/get alone, the Python SDK also for runs/get-output',
  },
  {
    client: 'java',
    id: '^(files|directories)/',
    found: 'Illegal character in path',
    why: 'the Java SDK does not encode the path of an upload, so that a blank in it never reaches the workspace',
  },
  {
    client: 'java',
    id: '^(workspace/(import-exists|mkdirs-over-file)|secrets/scope-twice)$',
    found: 'status is 409, not 400$',
    why: 'the Java SDK has a class of its own for "exists already" answers, and that class says 409 whatever the answer said',
  },
  {
    client: 'ours',
    id: '^runs/token-length$',
    found: 'error code is undefined',
    why: 'our client refuses such a token by itself, before anything is sent',
  },
  {
    client: 'ours',
    id: '^runs/run-job$',
    found: 'runs\\.0\\.trigger is absent',
    why: 'our client does not carry what triggered a run',
  },
];

export function differenceOf(client: ClientName, id: string, found: string): string | undefined {
  return differences.find(
    (one) => one.client === client && new RegExp(one.id).test(id) && new RegExp(one.found).test(found),
  )?.why;
}
