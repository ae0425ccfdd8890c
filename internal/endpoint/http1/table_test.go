package http1

import "strings"

// odd are responses of all kinds, one after the other. Each is followed by the
// end of the connection.
func odd() []string {
	const ok = "HTTP/1.1 200 OK\r\n"
	const chunked = ok + "Transfer-Encoding: chunked\r\n\r\n"
	var all []string
	add := func(prefix string, rest ...string) {
		for _, r := range rest {
			all = append(all, prefix+r)
		}
	}
	// Ordinary ones.
	add("",
		ok+"Content-Length: 5\r\nContent-Type: text/plain\r\n\r\nhello",
		ok+"Content-Length: 0\r\n\r\n",
		ok+"\r\nuntil the end",
		ok+"\r\n",
		chunked+"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n",
		chunked+"0\r\n\r\n",
		ok+"Date: Tue, 01 Dec 2026 00:00:00 GMT\r\nServer: uvicorn\r\nCache-Control: no-cache\r\nX-Request-Id: 123\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\nX-Accel-Buffering: no\r\nVia: 1.1 proxy\r\n\r\n1a\r\ndata: {\"id\":\"1\",\"x\":12}\n\n\r\n0\r\n\r\n",
		ok+"Content-Length: 5\r\n\r\nhello, more than that",
		ok+"Content-Length: 5\r\n\r\nhell",
		chunked+"0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
	)
	// Status lines.
	for _, line := range []string{
		"", "\r", "H", "HTTP", "HTTP/1.1", "HTTP/1.1 ", "HTTP/1.1  ", "HTTP/1.1 200", "HTTP/1.1 200 ", "HTTP/1.1  200 OK", "HTTP/1.1   200",
		"HTTP/1.1\t200 OK", "HTTP/1.1 200\tOK", "HTTP/1.1 200OK", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/1.1 2x0 OK", "HTTP/1.1 +20 OK",
		"HTTP/1.1 -20 OK", "HTTP/1.1 -00 OK", "HTTP/1.1 +00 OK", "HTTP/1.1 --1 OK", "HTTP/1.1 2-0 OK", "HTTP/1.1 000 OK", "HTTP/1.1 012 OK", "HTTP/1.1 099 x", "HTTP/1.1 999 OK", "HTTP/1.1 2_0 x",
		"HTTP/1.1 200 \x00\x01\xff", "HTTP/1.1 200 OK\r", "HTTP/1.1 200\r", " HTTP/1.1 200 OK", "http/1.1 200 OK", "HTTP/1,1 200 OK", "HTTP/11 200 OK", "HTTP/1.10 200 OK",
		"HTTP/1.2 200 OK", "HTTP/2.0 200 OK", "HTTP/9.9 200 OK", "HTTP/0.9 200 OK", "HTTP/0.0 200 OK", "HTTP/0.1 200 OK", "HTTP/+.1 200 OK", "HTTP/1.- 200 OK", "HTTP/a.1 200 OK", "HTTP/1.1x 200 OK",
		"HTTP/1.1 204 None", "HTTP/1.1 304 Same", "HTTP/1.1 205 x", "HTTP/1.1 201 x", "HTTP/1.1 199 x", "HTTP/1.1 101 x", "HTTP/1.1 100 x", "HTTP/1.1 404 x", "HTTP/1.0 200 OK", "HTTP/1.0 204 x",
		"SSH-2.0-OpenSSH_9.6p1 Ubuntu-3", "220 mail ESMTP", "\x15\x03\x03\x00\x02\x02\x46", "ICY 200 OK", "<html>",
	} {
		for _, rest := range []string{
			"", "\r\n", "\n", "\r\n\r\n", "\n\n", "\r\n\r\nbody", "\r\nContent-Length: 2\r\n\r\nab", "\r\nConnection: close\r\n\r\n",
			"\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab", "\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
			"\r\nTransfer-Encoding: gzip\r\nContent-Length: 1\r\n\r\na", "\r\nTransfer-Encoding: chunked\r\nContent-Length: 1\r\nTrailer: X\r\n\r\n0\r\n\r\n",
			"\r\nContent-Length: x\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\nab", "\r\nTransfer-Encoding: chunked\r\nTrailer: Trailer\r\n\r\n",
			"\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab",
		} {
			add(line, rest)
		}
	}
	// Fields, in the head and in the trailer.
	for _, fields := range []string{
		"A: b", "A:b", "A:", "A: ", "A:\t b \t", "A : b", "A B: c", "A\t: b", ": b", "A", "A\r\nB: c", " A: b", "\tA: b", "A: b\r\n c", "A: b\r\n\tc \r\n  d", "A:\r\n b", "A:\r\n \r\n b",
		"A: b\r\n \r\nC: d", "A: b\r\n ", "A: b\r\n \x00", "A: b\r\n c:d", "A\r\n : b", "A: b\n c\nD: e", "A: \x00", "A: \x7f", "A: \x80\xff", "A: b\r", "A: b\rc", "A\x00: b", "\xc3\xa9: b", "A(: b",
		"!#$%&'*+-.^_`|~09azAZ: b", "x_y-z: 1\r\nX_Y-Z: 2", "a: 1\r\nA: 2\r\na : 3", "A: b\r\n\r", "A: b\r\nC", "A: b\r\nC:", "{\"a\": 1}", "Pragma: no-cache", "Pragma: no-cache\r\nCache-Control: private",
		"pragma: no-cache, x", "Pragma: x\r\nPragma: no-cache", "Pragma: no-cache\r\nPragma: x", "A: b\n\nrest", "A: b\n\r\nrest", "A: b\r\n\nrest", "a: b:c: d", "A: b\r\n\v c", "A: " + strings.Repeat("x", 5000), strings.Repeat("A: b\r\n", 300) + "C: d",
		"A:" + strings.Repeat(" ", 4090) + "\r\n b", "A: b\r\n" + strings.Repeat(" ", 5000) + "c",
	} {
		add(ok, fields+"\r\n\r\n", fields+"\r\nContent-Length: 1\r\n\r\nx", fields+"\n\n", fields, "Content-Length: 1\r\n"+fields+"\r\n\r\nx")
		add(chunked+"1\r\nx\r\n0\r\n", fields+"\r\n\r\n", fields+"\n\n", fields+"\n\nrest\r\n\r\n", fields, fields+"\r\n\r", "\n"+fields+"\r\n\r\n", "\r"+fields+"\r\n\r\n")
	}
	// Content-Length.
	for _, v := range []string{
		"", " ", "3 ", "+3", "-3", "3.0", "0x3", "3,3", "3, 3", "03", "1_0", "9223372036854775807", "9223372036854775808", "18446744073709551619", "00000000000000000000000003", "three", "３", "3\r\n ", "\r\n 3", "1\r\n 2",
		"3\r\nContent-Length: 3", "3\r\ncontent-length: 3\r\nCONTENT-LENGTH:3", "3\r\nContent-Length: 03", "3\r\nContent-Length: 4", "3\r\nContent-Length: 3\r\n ", "3\r\n \r\nContent-Length: 3", "x\r\nContent-Length: x", "\r\nContent-Length: ", "3\r\nContent-Length : 4", "3\r\nContent-Length:",
	} {
		for _, status := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 204 No\r\n", "HTTP/1.1 304 No\r\n", "HTTP/1.1 103 Hints\r\n", "HTTP/1.0 200 OK\r\n"} {
			add(status+"Content-Length: "+v+"\r\n", "\r\nabc", "\r\nab", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
		}
	}
	// Transfer-Encoding.
	for _, v := range []string{
		"chunked", "Chunked", "CHUNKED ", "\"chunked\"", "chunked, chunked", "gzip, chunked", "gzip", "identity", "", "chunked;q=1", "chun\u212aed", "chunked\r\n ", "\r\n chunked", "chunked\r\nTransfer-Encoding: chunked", "identity\r\nTransfer-Encoding: chunked",
		"chunked\r\nTransfer-Encoding : gzip", "\vchunked", "chunked\r\nContent-Length: 3", "chunked\r\nContent-Length: y",
		"chunked\r\nTrailer: A", "chunked\r\nTrailer: Content-Length", "chunked\r\nTrailer: a, ,content-length", "chunked\r\nTrailer: TRAILER\r\n ", "chunked\r\nTrailer: A\r\nTrailer: transfer-encoding", "chunked\r\nTrailer:", "gzip\r\nTrailer: Trailer", "chunked\r\nTrailer: content length, Content-Length ;", "chunked\r\nTrailer: tran\u017ffer-encoding",
	} {
		for _, status := range []string{"HTTP/1.1 200 OK\r\n", "HTTP/1.1 204 No\r\n", "HTTP/1.0 200 OK\r\n", "HTTP/0.9 200 OK\r\n", "HTTP/0.0 200 OK\r\n", "HTTP/2.0 200 OK\r\n", "HTTP/1.1 102 x\r\n"} {
			add(status+"Transfer-Encoding: "+v+"\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n0\r\nA: b\r\n\r\n", "")
		}
	}
	add(ok+"Trailer: Content-Length\r\n", "\r\n", "Content-Length: 1\r\n\r\nx")
	// Connection.
	for _, v := range []string{
		"close", "Close", "keep-alive", "keep-alive, close", "close,keep-alive", " close ,x", "x,close\r\nConnection: y", "x\r\nConnection: CLOSE", "closed", "\"close\"", "", ",", ",,close,,", "clo\u017fe", "upgrade", "close\r\n ,x", "keep-alive\r\nConnection: keep-alive", "\u212aeep-alive", "close x", "close;x",
	} {
		for _, version := range []string{"1.1", "1.0", "0.9", "0.0", "1.2", "2.0"} {
			add("HTTP/"+version+" 200 OK\r\nConnection: "+v+"\r\n", "Content-Length: 2\r\n\r\nab", "\r\nab", "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "Content-Length: 0\r\n\r\n", "Content-Length: 2\r\n\r\na")
		}
	}
	// Interim responses and the change of protocols.
	const final = ok + "Content-Length: 2\r\n\r\nab"
	add("HTTP/1.1 100 Continue\r\n\r\n", final, "", "HTTP/1.1 100 Continue\r\n\r\n"+final, "HTTP/1.1 103 Early Hints\r\nLink: x\r\nConnection: close\r\n\r\n"+final, "\r\n"+final, "x")
	add("", "HTTP/1.1 100 Continue\nA: b\n\n"+final, "HTTP/1.0 100 Continue\r\n\r\n"+final, "HTTP/1.1 199 x\r\nContent-Length: 5\r\n\r\n"+final, "HTTP/1.1 110 x\r\nTransfer-Encoding: chunked\r\n\r\n"+final,
		strings.Repeat("HTTP/1.1 102 Processing\r\n\r\n", 30)+final, "HTTP/1.1 100 Continue\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"+final)
	for _, fields := range []string{
		"", "Upgrade: x\r\n", "Connection: upgrade\r\n", "Connection: Upgrade\r\nUpgrade: x\r\n", "Connection: a, UPGRADE\r\nUpgrade: x\r\n", "Connection: upgrade, close\r\nUpgrade: x\r\n", "Connection: upgrade\r\nUpgrade:\r\n",
		"Connection: upgrade\r\nUpgrade:\r\nUpgrade: x\r\n", "Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 1\r\n", "Connection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: chunked\r\n", "Connection: upgrade\r\nUpgrade : x\r\n",
	} {
		add("HTTP/1.1 101 Switching\r\n"+fields, "\r\n", "\r\nother protocol")
		add("HTTP/1.0 101 Switching\r\n"+fields, "\r\nother protocol")
		add("HTTP/1.1 200 OK\r\n"+fields, "\r\n2\r\nab\r\n0\r\n\r\n")
	}
	// Chunks.
	add(chunked, "", "3", "3\r", "3\r\n", "3\r\na", "3\r\nabc", "3\r\nabc\r", "3\r\nabc\r\n", "3\r\nabc\r\n0", "3\r\nabc\r\n0\r", "3\r\nabc\r\n0\r\n", "3\r\nabc\r\n0\r\n\r", "3\r\nabc\r\n0\r\n\n", "3\r\nabc\r\n0\r\n\rx", "3\r\nabc\r\n0\r\n\r\nx",
		"3\nabc\r\n0\r\n\r\n", "3\r\nabc\n0\r\n\r\n", "3\r\nabc\rx0\r\n\r\n", "3\r\nabcd\r\n0\r\n\r\n", "3\r\nabc\r\n0\n\r\n", "3\r\r\nabc\r\n0\r\n\r\n", "3\r \r\nabc\r\n0\r\n\r\n", "\r\n", "\n", ";x\r\nabc", " 3\r\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n0\r\n\r\n", "3\t \t\r\nabc\r\n0 \r\n\r\n",
		"3;\r\nabc\r\n0;\r\n\r\n", "3;a=b\r\nabc\r\n0;a=\"b;c\"\r\n\r\n", "3 ;a\r\nabc\r\n0\r\n\r\n", "3;a \t\r\nabc\r\n0\r\n\r\n", "3;\x00\xff\r\nabc\r\n0\r\n\r\n", "0x3\r\nabc\r\n0\r\n\r\n", "+3\r\nabc\r\n0\r\n\r\n", "-3\r\nabc\r\n0\r\n\r\n", "3h\r\nabc", "g\r\n", "G\r\n", "@\r\n", "`\r\n",
		"A\r\n0123456789\r\na\r\n0123456789\r\n0\r\n\r\n", "f\r\n0123456789abcde\r\nF\r\n0123456789abcde\r\n00\r\n\r\n", "0000000000000003\r\nabc\r\n0000000000000000\r\n\r\n", "00000000000000003\r\nabc\r\n0\r\n\r\n", "3\r\nabc\r\n00000000000000000\r\n\r\n",
		"7fffffffffffffff\r\nabc", "8000000000000000\r\nabc", "c000000000000000\r\nabc", "ffffffffffffffff\r\nabc", "fffffffffffffff0\r\nabc", "10000000000000000\r\nabc",
		"3;"+strings.Repeat("x", 4091)+"\r\nabc\r\n0\r\n\r\n", "3;"+strings.Repeat("x", 4092)+"\r\nabc\r\n0\r\n\r\n", "3;"+strings.Repeat("x", 4093)+"\r\nabc\r\n0\r\n\r\n", "3;"+strings.Repeat("x", 4094)+"\n", "3;"+strings.Repeat("x", 4095), strings.Repeat("0", 5000),
		strings.Repeat("1\r\na\r\n", 3000)+"0\r\n\r\n", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 16)+"0\r\n\r\n", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 17)+"0\r\n\r\n", strings.Repeat("1;"+strings.Repeat("x", 1000)+"\r\na\r\n", 16)+"0;"+strings.Repeat("x", 1000)+"\r\n\r\n",
		"3\r\nabc\r\n0\r\nA: "+strings.Repeat("x", 4089)+"\r\n\r\n", "3\r\nabc\r\n0\r\nA: "+strings.Repeat("x", 4090)+"\r\n\r\n", "3\r\nabc\r\n0\r\nA: b\n\n"+strings.Repeat("x", 4085)+"\r\n\r\n", "3\r\nabc\r\n0\r\nA: b\n\n"+strings.Repeat("x", 4086)+"\r\n\r\n",
		"3\r\nabc\r\n0\r\n\n\r\n\r\n", "3\r\nabc\r\n0\r\n\n\r\n\r", "3\r\nabc\r\n0\r\nA: b\n\r\n\r\n", "3\r\nabc\r\n0\r\nA: b\r\n\r\n\r\n", "3\r\nabc\r\n0\r\n \r\n\r\n", "3\r\nabc\r\n0\r\nContent-Length: 7\r\nTransfer-Encoding: x\r\n\r\n", "3\r\nabc\r\n0\r\n\rA: b\r\n\r\n",
	)
	// Just as much of extensions as is allowed, a byte more, and data before that earn no credit.
	most := strings.Repeat("1;"+strings.Repeat("x", 1024+14)+"\r\na\r\n", 16)
	add(chunked, most+"0\r\n\r\n", most+"1;"+strings.Repeat("x", 15)+"\r\na\r\n0\r\n\r\n", "fa0\r\n"+strings.Repeat("d", 0xfa0)+"\r\n"+most+"1;"+strings.Repeat("x", 15)+"\r\na\r\n0\r\n\r\n")
	return all
}
