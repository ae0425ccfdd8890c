module github.com/inferometer/inferometer/test/web

go 1.26.0
