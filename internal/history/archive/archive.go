// Package archive packs the folder of a run into one file, a tar compressed by zstd, and
// unpacks such a file. What it unpacks may come from anybody: only files and folders in one
// folder are taken, nothing leads out of it, and sizes are limited.
package archive

import (
	"archive/tar"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/inferometer/inferometer/internal/lazy"

	"github.com/klauspost/compress/zstd"
)

// Suffix of an archive's name.
const Suffix = ".tar.zst"

// Limits of what is unpacked. The zero Limits are the default ones.
type Limits struct {
	Bytes int64 // in all; 0: 8 GiB
	Files int   // 0: 10,000
}

func (l Limits) settled() Limits {
	if l.Bytes <= 0 {
		l.Bytes = 8 << 30
	}
	if l.Files <= 0 {
		l.Files = 10_000
	}
	return l
}

// Packed says what is in an archive.
type Packed struct {
	Files   int
	Bytes   int64    // of the files
	Skipped []string // that are neither files nor folders, such as links
}

// Pack writes the files of a folder to w, under the folder's name. Links are not followed
// and left out.
func Pack(w io.Writer, folder string) (Packed, error) {
	var out Packed
	z, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression))
	if err != nil {
		return out, err
	}
	t := tar.NewWriter(z)
	base := filepath.Base(filepath.Clean(folder))
	err = filepath.WalkDir(folder, func(at string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(folder, at)
		if err != nil {
			return err
		}
		name := path.Join(base, filepath.ToSlash(rel))
		switch {
		case d.IsDir():
			return t.WriteHeader(&tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, Format: tar.FormatPAX})
		case !d.Type().IsRegular():
			out.Skipped = append(out.Skipped, name)
			return nil
		}
		n, err := packFile(t, at, name)
		out.Files++
		out.Bytes += n
		return err
	})
	if err == nil {
		err = errors.Join(t.Close(), z.Close())
	}
	if err != nil {
		return out, fmt.Errorf("failed to pack %s: %w", folder, err)
	}
	return out, nil
}

func packFile(t *tar.Writer, at, name string) (int64, error) {
	f, err := os.Open(at)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	// No names of users: an archive is made to be given away.
	if err := t.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Size: info.Size(), Mode: int64(info.Mode().Perm()), ModTime: info.ModTime().Truncate(time.Second), Format: tar.FormatPAX}); err != nil {
		return 0, err
	}
	return io.Copy(t, io.LimitReader(f, info.Size())) // of a file that still grows, what there was
}

// folderForm is how the one folder of an archive may be named.
var folderForm = lazy.Regexp(`^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$`)

// Unpack reads an archive and makes its folder in dir, whole or not at all, once check finds
// nothing wrong with it. It returns the folder's path. It never writes into one that is there.
func Unpack(r io.Reader, dir string, l Limits, check func(folder string) error) (string, error) {
	l = l.settled()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", fmt.Errorf("failed to make the folder of runs: %w", err)
	}
	temp, err := os.MkdirTemp(dir, ".import-*")
	if err != nil {
		return "", fmt.Errorf("failed to make a folder to unpack into: %w", err)
	}
	defer func() { _ = os.RemoveAll(temp) }() // empty where all went well
	name, err := unpackInto(r, temp, l)
	if err != nil {
		return "", fmt.Errorf("failed to unpack: %w", err)
	}
	from := filepath.Join(temp, name)
	if err := check(from); err != nil {
		return "", err
	}
	to := filepath.Join(dir, name)
	if _, err := os.Lstat(to); err == nil {
		return "", fmt.Errorf("%s is there already: import into another folder with --dir", to)
	}
	if err := os.Rename(from, to); err != nil {
		return "", fmt.Errorf("failed to move what was unpacked to %s: %w", to, err)
	}
	return to, nil
}

// unpackInto writes the files of an archive into a folder, and returns the name of the one
// folder that they are in.
func unpackInto(r io.Reader, temp string, l Limits) (string, error) {
	z, err := zstd.NewReader(r, zstd.WithDecoderMaxMemory(256<<20), zstd.WithDecoderMaxWindow(64<<20))
	if err != nil {
		return "", err
	}
	defer z.Close()
	root, err := os.OpenRoot(temp) // nothing leads out of it, whatever a name or a link says
	if err != nil {
		return "", err
	}
	defer func() { _ = root.Close() }()
	// One more than may be unpacked, and some for the headers: an archive of endless headers ends, too.
	t := tar.NewReader(io.LimitReader(z, l.Bytes+int64(l.Files)*4096+1))
	var top string
	left, files := l.Bytes, 0
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", fmt.Errorf("not an archive of a run (%s): %w", Suffix, err)
		}
		name, err := nameOf(h, &top)
		if err != nil {
			return "", err
		}
		if files++; files > l.Files {
			return "", fmt.Errorf("more than %d files", l.Files)
		}
		if h.Typeflag == tar.TypeDir {
			if err := root.MkdirAll(name, 0o755); err != nil {
				return "", err
			}
			continue
		}
		if left -= h.Size; left < 0 {
			return "", fmt.Errorf("more than %d bytes", l.Bytes)
		}
		if err := unpackFile(root, t, name, h); err != nil {
			return "", err
		}
	}
	if top == "" {
		return "", errors.New("nothing is in it")
	}
	return top, ended(z)
}

// padding is the most bytes of what may follow the end of a tar file: some programs fill
// it up to a round size.
const padding = 1 << 20

// ended reads what is left of a compressed file, since its checksum comes last: a damaged byte
// would else be unpacked as a number that nobody measured.
func ended(z io.Reader) error {
	n, err := io.Copy(io.Discard, io.LimitReader(z, padding+1))
	if err != nil {
		return fmt.Errorf("the archive is damaged: %w", err)
	}
	if n > padding {
		return errors.New("the archive goes on after its end")
	}
	return nil
}

// nameOf is the name of an entry, if it may be unpacked: a file or a folder in the one folder
// of the archive, whose name is noted in top.
func nameOf(h *tar.Header, top *string) (string, error) {
	if h.Typeflag != tar.TypeReg && h.Typeflag != tar.TypeDir {
		return "", fmt.Errorf("%.200q is neither a file nor a folder", h.Name)
	}
	name := strings.TrimSuffix(h.Name, "/")
	if !fs.ValidPath(name) || !filepath.IsLocal(filepath.FromSlash(name)) || strings.ContainsAny(name, "\\\x00") {
		return "", fmt.Errorf("%.200q is not a name inside of a folder", h.Name)
	}
	first, _, inside := strings.Cut(name, "/")
	switch {
	case !folderForm().MatchString(first):
		return "", fmt.Errorf("%.200q cannot be the name of a run's folder", first)
	case *top != "" && *top != first:
		return "", fmt.Errorf("it has several folders, %q and %q, and is not that of one run", *top, first)
	case !inside && h.Typeflag != tar.TypeDir:
		return "", fmt.Errorf("%.200q is in no folder", h.Name)
	}
	*top = first
	return name, nil
}

func unpackFile(root *os.Root, t *tar.Reader, name string, h *tar.Header) error {
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600|fs.FileMode(h.Mode)&0o044)
	if err != nil {
		return err
	}
	_, err = io.CopyN(f, t, h.Size)
	return errors.Join(err, f.Close())
}
