import { describe, expect, it } from 'vitest';
import { errorOf } from './error-of.ts';

const call = 'POST /api/2.2/jobs/create';

function of(status: number, body: string, name = call): { code: string; message: string } {
  const { code, message } = errorOf({ status, body, call: name, retryAfterMs: undefined });
  return { code, message };
}

describe('errorOf', () => {
  it('reads the standard body, also with half-filled details', () => {
    expect(
      of(400, '{"error_code":"INVALID_PARAMETER_VALUE","message":"no such node type","details":[{"reason":"x"}]}'),
    ).toEqual({
      code: 'workspace.rejected',
      message: `${call}: 400 INVALID_PARAMETER_VALUE: no such node type`,
    });
  });

  it.each([
    ['API 1.2', 400, '{"error":"bad"}', '400: bad'],
    ['SCIM', 404, '{"detail":"no user","status":"404","schemas":[]}', '404 SCIM_404: no user'],
    ['OAuth', 400, '{"error":"invalid_client","error_description":"wrong secret"}', '400 invalid_client: wrong secret'],
    ['OAuth of Okta', 400, '{"errorCode":"E0000","errorSummary":"denied"}', '400 E0000: denied'],
    ['plain text with a code', 400, 'MALFORMED_REQUEST: Invalid JSON', '400 MALFORMED_REQUEST: Invalid JSON'],
    ['plain text', 400, 'upstream is sad', '400: upstream is sad'],
    ['HTML with pre', 503, '<html><body><pre>overloaded</pre></body></html>', '503: overloaded'],
    ['HTML with title', 502, '<html><title>502 Bad Gateway</title></html>', '502: 502 Bad Gateway'],
    ['an empty body', 503, '', '503: Service Unavailable'],
    ['JSON without error_code', 409, '{"message":"The file already exists."}', '409: The file already exists.'],
  ])('reads %s', (_name, status, body, text) => {
    expect(of(status, body).message).toBe(`${call}: ${text}`);
  });

  it.each([
    [429, '{}', 'workspace.throttled'],
    [400, '{"error_code":"RESOURCE_EXHAUSTED","message":"x"}', 'workspace.throttled'],
    [500, '{"error_code":"TEMPORARILY_UNAVAILABLE","message":"x"}', 'workspace.unavailable'],
    [404, '', 'workspace.not-found'],
    [400, '{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"x"}', 'workspace.not-found'],
    [401, '', 'workspace.unauthenticated'],
    [403, '{"error_code":"PERMISSION_DENIED","message":"x"}', 'workspace.rejected'],
    [403, '{"error_code":"PERMISSION_DENIED","message":"Invalid access token."}', 'workspace.unauthenticated'],
    [403, '{"error_code":403,"message":"Access token is expired"}', 'workspace.unauthenticated'],
    [500, '', 'workspace.unavailable'],
    [501, '', 'workspace.rejected'],
    [503, '', 'workspace.unavailable'],
    [504, '', 'workspace.timeout'],
    [418, '{"error_code":"constructor","message":"x"}', 'workspace.rejected'],
    [400, '{"message":"RPC token bucket limit has been exceeded: 3"}', 'workspace.throttled'],
    [400, '{"message":"ClusterNotReadyException: c"}', 'workspace.unavailable'],
    [400, '{"message":"Please try again later or try a faster operation."}', 'workspace.unavailable'],
    [400, '{"message":"Failed to reach the worker environment"}', 'workspace.unavailable'],
  ])('maps %i %s to %s', (status, body, code) => {
    expect(of(status, body).code).toBe(code);
  });

  it.each([
    ['GET /api/2.2/jobs/get', 'Job 123456789012 does not exist.'],
    ['GET /api/2.2/jobs/runs/get', 'Run 7 does not exist.'],
    ['GET /api/2.2/jobs/runs/get-output', 'Run 7 does not exist.'],
    ['GET /api/2.2/jobs/runs/get', "Run: 7 in job: 3 doesn't exist."],
  ])('knows the not-found that comes as 400 from %s', (name, message) => {
    expect(of(400, JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message }), name).code).toBe(
      'workspace.not-found',
    );
  });

  it('leaves the same words of another call alone', () => {
    const body = JSON.stringify({ error_code: 'INVALID_PARAMETER_VALUE', message: 'Job 5 does not exist.' });
    expect(of(400, body, 'POST /api/2.2/jobs/run-now').code).toBe('workspace.rejected');
  });
});
