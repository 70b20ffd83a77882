import { compileJar } from '../../__fixtures__/compile-jar.ts';

/** A JAR whose class `Flights` is given the data's folder and prints the figures as JSON behind the word `found`. */
export function flightsJar(site: string): Promise<Buffer> {
  return compileJar(
    site,
    'Flights',
    `import static org.apache.spark.sql.functions.*;
import org.apache.spark.ml.feature.VectorAssembler;
import org.apache.spark.ml.regression.*;
import org.apache.spark.sql.*;
import org.apache.spark.sql.streaming.Trigger;
public class Flights {
  static SparkSession spark;
  public static void main(String[] args) throws Exception {
    spark = SparkSession.builder().getOrCreate();
    String data = args[0];
    Dataset<Row> flights = read(data + "/flights.csv");
    Row top = flights.join(read(data + "/airlines.csv"), "carrier").groupBy("name").count().orderBy(desc("count")).first();
    Column word = explode(split(regexp_replace(lower(col("value")), ",", " "), "\\\\s+")).as("word");
    long words = spark.read().textFile(data + "/airlines.csv").select(word).where("word = 'airlines'").count();
    Dataset<Row> rows = flights.select(col("dep_delay").cast("double").as("x"), col("arr_delay").cast("double").as("label")).na().drop();
    VectorAssembler assembler = new VectorAssembler().setInputCols(new String[] {"x"}).setOutputCol("features");
    LinearRegressionModel model = new LinearRegression().fit(assembler.transform(rows));
    flights.select("origin").write().mode("overwrite").saveAsTable("main.default.javaflights");
    spark.sql("DELETE FROM main.default.javaflights WHERE origin = 'JFK'");
    spark.readStream().table("main.default.javaflights").writeStream().trigger(Trigger.AvailableNow())
      .option("checkpointLocation", data + "/java-check").toTable("main.default.javacopy").awaitTermination();
    System.out.println("found {\\"flights\\":" + flights.count() + ",\\"words\\":" + words
      + ",\\"topAirline\\":[\\"" + top.getString(0) + "\\"," + top.getLong(1) + "]"
      + ",\\"slope\\":" + model.coefficients().apply(0) + ",\\"intercept\\":" + model.intercept()
      + ",\\"streamed\\":" + spark.table("main.default.javacopy").count() + "}");
  }
  static Dataset<Row> read(String path) {
    return spark.read().option("header", "true").option("nullValue", "NA").csv(path);
  }
}
`,
  );
}
