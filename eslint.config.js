import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import {
  importRules,
  ownedElsewhere,
  ownersOf,
  tagOf,
  testOnly,
  testsWithoutTestkit,
} from './tools/lint/import-rules.ts';

const everything = Object.keys(importRules).map(tagOf);

function depConstraints(withTestOnly) {
  return Object.entries(importRules).map(([project, rule]) => {
    const allowed = rule.mayImport === 'everything' ? everything : [project, ...rule.mayImport].map(tagOf);
    const extra = withTestOnly && !testsWithoutTestkit.includes(project) ? testOnly.map(tagOf) : [];
    return { sourceTag: tagOf(project), onlyDependOnLibsWithTags: [...allowed, ...extra] };
  });
}

function boundaries(withTestOnly) {
  return ['error', { allow: [], enforceBuildableLibDependency: false, depConstraints: depConstraints(withTestOnly) }];
}

/** The module and everything below it. */
function ownedPattern([module, owners]) {
  return {
    group: [module, `${module}/**`],
    message: `only ${owners.join(', ')} may import ${module} (docs/imports.md)`,
  };
}

function ownedImports(project) {
  return [...ownersOf()].filter(([, owners]) => !owners.includes(project)).map(ownedPattern);
}

const ownership = Object.keys(importRules).map((project) => ({
  files: [`${project}/**/*.ts`],
  ignores: [
    `${project}/**/*.test.ts`,
    ...ownedElsewhere
      .map((exception) => exception.files)
      .filter((files) => files.startsWith('**') || files.startsWith(project)),
  ],
  rules: { 'no-restricted-imports': ['error', { patterns: ownedImports(project) }] },
}));

const ownershipWithExceptions = ownedElsewhere.map(({ module, files }) => ({
  files: [files],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [...ownersOf()]
          .filter(([owned, owners]) => owned !== module && !owners.some((owner) => files.startsWith(owner)))
          .map(ownedPattern),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['**/node_modules/**', '**/__fixtures__/**', 'templates/**', '**/*.gen.ts'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    rules: {
      '@nx/enforce-module-boundaries': boundaries(false),
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/consistent-type-imports': ['error', { disallowTypeAnnotations: false }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'only core/config reads the environment' },
      ],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
    },
  },
  // One table, not code to scroll through.
  { files: ['core/contracts/src/error-codes.ts'], rules: { 'max-lines': 'off' } },
  {
    files: ['**/*.test.ts', 'core/testkit/**/*.ts'],
    rules: { '@nx/enforce-module-boundaries': boundaries(true), 'max-lines': 'off' },
  },
  { files: ['core/config/**/*.ts', '**/*.test.ts', 'tools/**/*.ts'], rules: { 'no-restricted-properties': 'off' } },
  ...ownership,
  ...ownershipWithExceptions,
  {
    files: ['core/contracts/src/**/*.ts', 'core/kit/src/**/*.ts', 'core/client/src/**/*.ts'],
    ignores: ['**/*.test.ts', 'core/contracts/src/ports/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { patterns: [{ group: ['node:*'], message: 'this project also runs in a browser' }] },
      ],
    },
  },
  {
    files: ['core/pipeline/src/**/*.ts'],
    ignores: ['core/pipeline/src/stages/publish.ts', 'core/pipeline/src/stages/register.ts', '**/*.test.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@slowlane/databricks'],
              message: 'only the stages publish and register talk to a workspace',
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
);
