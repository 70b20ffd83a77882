import { SlowLaneError } from '@slowlane/contracts';
import type { FastifySchemaCompiler } from 'fastify';
import { validatorCompiler } from 'fastify-type-provider-zod';
import type { $ZodType } from 'zod/v4/core';

/**
 * Checks the parts of a call. A value that the checker itself stumbles over is refused like any other wrong one: an object with a `length` of
 * its own makes zod compare it with a number, which throws.
 */
export const compileValidator: FastifySchemaCompiler<$ZodType> = (route) => {
  const validate = validatorCompiler(route);
  return (value) => {
    try {
      return validate(value) as { value: unknown } | { error: Error };
    } catch (cause) {
      return {
        error: new SlowLaneError('request.invalid', `${route.httpPart ?? 'body'}: has a form that cannot be checked`, {
          cause,
        }),
      };
    }
  };
};
