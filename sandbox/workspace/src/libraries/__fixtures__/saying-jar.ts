import { compileJar } from '../../__fixtures__/compile-jar.ts';

/** A JAR whose class `Says` lets Spark count, and prints this word with the number. */
export function sayingJar(site: string, word: string): Promise<Buffer> {
  return compileJar(
    site,
    'Says',
    `public class Says {
  public static void main(String[] args) {
    long rows = org.apache.spark.sql.SparkSession.builder().getOrCreate().range(7).count();
    System.out.println("${word} " + rows);
  }
}
`,
  );
}
