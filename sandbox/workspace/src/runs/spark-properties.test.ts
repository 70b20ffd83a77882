import { describe, expect, it } from 'vitest';
import { propertiesText } from './spark-properties.ts';

describe('a properties file', () => {
  it('has one line per setting, whatever stands in keys and values', () => {
    const text = propertiesText({
      'spark.acme.login': 'a b\nspark.master=spark://elsewhere\\',
      'spark.acme.k=e:y': 'ä#!=:',
    });
    expect(text).toBe(
      'spark.acme.login=a\\u0020b\\u000aspark.master=spark://elsewhere\\u005c\nspark.acme.k\\u003de\\u003ay=\\u00e4#!=:\n',
    );
  });
});
