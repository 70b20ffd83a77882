import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

/** What a client of the API has to be careful about, and the test that holds it: `file: beginning of its name`. */
const checklist: Record<string, readonly string[]> = {
  'ids are int64 and lose no digit': [
    'lossless-json: keeps ids beyond 2^53',
    'lossless-json: writes an id as a number with every digit',
    'create-databricks-client: starts a run with its token and keeps every digit',
  ],
  'every state and result has an outcome, invented ones too, and none of those is success': [
    'outcome-of: maps the legacy result',
    'outcome-of: maps the termination code',
    'outcome-of: shows an unknown outcome word for word',
    'outcome-of: does not end a run that tells no state at all',
  ],
  'errors are read in all their shapes: standard, 1.2, SCIM, OAuth, plain text, HTML, nothing': [
    'error-of: reads the standard body',
    'error-of: reads %s',
    'error-of: maps %i %s to %s',
  ],
  '"does not exist" is told from 400': ['create-databricks-client: tells a deleted run, which comes as 400'],
  'only what may be repeated is repeated': [
    'decide-retry: repeats a lost call only when that does no harm',
    'decide-retry: never repeats after %i',
    'create-databricks-client: does not repeat a create whose reply was lost',
    'more-calls: are created once: a lost reply is not repeated',
    'create-databricks-client: repeats a read that the workspace calls temporary by its words alone',
  ],
  'Retry-After is obeyed as seconds and as a date, and its absence': [
    'retry-after: reads %j',
    'retry-after: says nothing for %j',
    'create-databricks-client: waits as Retry-After says, in seconds and as a date',
    'decide-retry: backs off by itself when nothing was said',
  ],
  'the cause is kept when the budget is spent': ['create-databricks-client: keeps the last cause'],
  'calls stay below a rate of their family': ['token-bucket: lets a burst of one second through'],
  'uploads are streamed with their length, and their size and digest are checked': [
    'create-databricks-client: uploads byte for byte with a content length',
    'create-databricks-client: fails when the workspace holds another number of bytes',
    'more-calls: of something else than was announced is not completed',
  ],
  'large uploads go in parts': [
    'more-calls: goes in parts to the links it is given, without the token',
    'more-calls: goes in one PUT where the workspace has no parts',
  ],
  'one refresh for many callers, early, and one after a 401': [
    'create-databricks-client: fetches one token for many callers',
    'create-databricks-client: takes a token that ends within 40 seconds for expired',
    'create-databricks-client: renews once after a 401, and then gives up',
    'create-databricks-client: renews once for many callers whose token was refused',
  ],
  'certificates are always verified, with a CA of a company': [
    'transport: is refused when nobody we know signed it',
    "transport: is accepted with the company's own CA",
    'transport: is refused when it has expired',
    'transport: is looked at for the token of a service principal and for the links',
  ],
  'plain http is for loopback': [
    'workspace-host: accepts %s',
    'workspace-host: refuses %s',
    'more-calls: sends no part to a link that is not https',
  ],
  'redirects and login pages are no answers': [
    'create-databricks-client: does not follow a redirect',
    'create-databricks-client: does not take a login page with 200',
    'create-databricks-client: says what is wrong with the token when %s comes in its place',
  ],
  'the place of tokens is discovered, and the secret goes nowhere else': [
    'more-calls: asks the workspace where tokens come from',
  ],
  'no secret is shown': ['create-databricks-client: shows no secret, wherever it is echoed'],
  'no run is started without a token that the service can hold': [
    'create-databricks-client: refuses a token that the workspace would cut',
    'create-databricks-client: repeats run-now with the same token after a lost reply',
  ],
  'lists are read to their end': [
    'create-databricks-client: reads a job list to its end',
    'create-databricks-client: joins the pages of a job',
    'create-databricks-client: lists until there is no token',
  ],
  'an answer of any other shape is an error, never an accident or a list without an end': [
    'odd-answers: to %s is read or told as an error of ours',
    'odd-answers: that is an error, to %s, is told as an error of ours',
  ],
  'every call is known to the byte': ['wire-requests: is known of every call that there is'],
};

describe('the checklist of a client', () => {
  const here = new URL('.', import.meta.url);
  const sources = new Map(
    readdirSync(here)
      .filter((name) => name.endsWith('.test.ts') && !name.startsWith('client-checklist'))
      .map((name) => [name.replace('.test.ts', ''), readFileSync(new URL(name, here), 'utf8')]),
  );

  it.each(Object.entries(checklist))('%s', (_item, tests) => {
    for (const test of tests) {
      const [file, name] = test.split(/: (.*)/s) as [string, string];
      const source = sources.get(file) ?? '';
      // With the quote before it: a name, not a mention.
      expect(
        ["'", '"', '`'].some((quote) => source.includes(quote + name)),
        test,
      ).toBe(true);
    }
  });
});
