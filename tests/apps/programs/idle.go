// SPDX-License-Identifier: GPL-2.0 OR BSD-2-Clause

// idle HOW ADDRESS: makes a connection, which then idles.
package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"time"
)

func main() {
	how, address := os.Args[1], os.Args[2]
	var err error
	switch how {
	case "dial":
		_, err = net.Dial("tcp", address)
	case "dialer-off":
		_, err = (&net.Dialer{KeepAlive: -1}).Dial("tcp", address)
	case "http":
		var response *http.Response
		if response, err = http.Get("http://" + address); err == nil {
			_, err = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	default:
		err = fmt.Errorf("what is %s?", how)
	}
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Println("idle")
	time.Sleep(time.Hour)
}
