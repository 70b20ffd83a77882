// The whole protocol with Slow Lane: read the request document, write result files into the result folder.
package main

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

type request struct {
	Data string `json:"data"`
}

func main() {
	requestFile := flag.String("request", "", "the request document")
	result := flag.String("result", "", "folder for the result files")
	flag.Parse()
	if err := run(*requestFile, *result); err != nil {
		log.Fatal(err)
	}
}

func run(requestFile, result string) error {
	text, err := os.ReadFile(requestFile)
	if err != nil {
		return err
	}
	var asked request
	if err := json.Unmarshal(text, &asked); err != nil {
		return err
	}
	file, err := os.Open(filepath.Join(asked.Data, "airports.csv"))
	if err != nil {
		return err
	}
	defer file.Close()
	rows, err := csv.NewReader(file).ReadAll()
	if err != nil {
		return err
	}
	if err := os.MkdirAll(result, 0o775); err != nil {
		return err
	}
	zones := count(rows, "tzone")
	fmt.Println(len(zones), "time zones")
	return os.WriteFile(filepath.Join(result, "zones.csv"), []byte(table(zones)), 0o664)
}
