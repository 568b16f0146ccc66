package blob

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"codeberg.org/parvis/parvis/internal/core/errs"
	"codeberg.org/parvis/parvis/internal/platform/secret"
)

// Bucket says where an S3 bucket is. The keys come from a file or a command, never from
// the settings themselves.
type Bucket struct {
	URL    string // "https://s3.example.org"; http on loopback alone
	Region string // "" for us-east-1, which most that are not Amazon's take
	Bucket string
	Prefix string // before each name, "papers/"; may be ""
	Key    string // access key
	Secret secret.String
}

// S3 is a Store in a bucket.
type S3 struct {
	client *minio.Client
	to     Bucket
}

var _ Store = (*S3)(nil)

// partSize is how much of an object is held at once, in bytes: the smallest that S3 takes.
const partSize = 5 << 20

// OpenS3 prepares a client and looks that the bucket is there.
func OpenS3(ctx context.Context, b Bucket) (*S3, error) {
	u, err := url.Parse(b.URL)
	if err != nil || u.Host == "" || (u.Scheme != "https" && !loopback(u)) {
		return nil, fmt.Errorf("s3: %q is no address of https", b.URL)
	}
	client, err := minio.New(u.Host, &minio.Options{
		Creds: credentials.NewStaticV4(b.Key, b.Secret.Reveal(), ""), Secure: u.Scheme == "https", Region: b.Region, BucketLookup: minio.BucketLookupPath,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	there, err := client.BucketExists(ctx, b.Bucket)
	if err != nil {
		return nil, unwritten(fmt.Errorf("s3: %w", err))
	}
	if !there {
		return nil, unwritten(fmt.Errorf("s3: there is no bucket %s", b.Bucket))
	}
	return &S3{client: client, to: b}, nil
}

func loopback(u *url.URL) bool {
	return u.Scheme == "http" && (u.Hostname() == "127.0.0.1" || u.Hostname() == "localhost" || u.Hostname() == "::1")
}

func (s *S3) key(name Name) (string, error) {
	if !name.Valid() {
		return "", errs.Wrap(errs.NotFound, "errs.papers.gone", errors.New("not the name of a blob"))
	}
	return s.to.Prefix + string(name), nil
}

// Put sends the object in parts of 5 MiB; a part that fails leaves no object. Parts carry
// their MD5 against a bad line; what they hold is authenticated by age, so that they are
// not signed a second time.
func (s *S3) Put(ctx context.Context, name Name, r io.Reader) (int64, error) {
	key, err := s.key(name)
	if err != nil {
		return 0, err
	}
	noted := &notingErr{r: r}
	info, err := s.client.PutObject(ctx, s.to.Bucket, key, noted, -1, minio.PutObjectOptions{PartSize: partSize, NumThreads: 1, SendContentMd5: true, DisableContentSha256: true, ContentType: "application/octet-stream"})
	if noted.err != nil { // the sender's fault, not the store's
		err = noted.err
	} else if err != nil {
		err = unwritten(fmt.Errorf("s3: %w", err))
	}
	if err != nil {
		// The request may be over: what it left is removed all the same.
		after, stop := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer stop()
		return 0, errors.Join(err, s.client.RemoveIncompleteUpload(after, s.to.Bucket, key), s.Remove(after, name))
	}
	return info.Size, nil
}

// notingErr remembers the error of what is read.
type notingErr struct {
	r   io.Reader
	err error
}

func (n *notingErr) Read(b []byte) (int, error) {
	got, err := n.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		n.err = err
	}
	return got, err
}

// Open opens an object. It asks for its head first: a GET alone fails at the first read.
func (s *S3) Open(ctx context.Context, name Name) (io.ReadCloser, error) {
	key, err := s.key(name)
	if err != nil {
		return nil, err
	}
	o, err := s.client.GetObject(ctx, s.to.Bucket, key, minio.GetObjectOptions{})
	if err == nil {
		_, err = o.Stat()
	}
	if minio.ToErrorResponse(err).StatusCode == http.StatusNotFound {
		return nil, errs.Wrap(errs.NotFound, "errs.papers.gone", err)
	}
	if err != nil {
		return nil, unwritten(fmt.Errorf("s3: %w", err))
	}
	return o, nil
}

// Remove deletes an object.
func (s *S3) Remove(ctx context.Context, name Name) error {
	key, err := s.key(name)
	if err != nil {
		return err
	}
	if err := s.client.RemoveObject(ctx, s.to.Bucket, key, minio.RemoveObjectOptions{}); err != nil {
		return unwritten(fmt.Errorf("s3: %w", err))
	}
	return nil
}

// List visits the objects under the prefix.
func (s *S3) List(ctx context.Context, visit func(Name, time.Time) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for o := range s.client.ListObjects(ctx, s.to.Bucket, minio.ListObjectsOptions{Prefix: s.to.Prefix, Recursive: true}) {
		if o.Err != nil {
			return unwritten(fmt.Errorf("s3: %w", o.Err))
		}
		name := Name(strings.TrimPrefix(o.Key, s.to.Prefix))
		if !name.Valid() {
			continue
		}
		if err := visit(name, o.LastModified); err != nil {
			return err
		}
	}
	return nil
}

// RemoveHalfWritten aborts uploads begun before an instant.
func (s *S3) RemoveHalfWritten(ctx context.Context, before time.Time) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for u := range s.client.ListIncompleteUploads(ctx, s.to.Bucket, s.to.Prefix, true) {
		if u.Err != nil {
			return unwritten(fmt.Errorf("s3: %w", u.Err))
		}
		if !u.Initiated.Before(before) {
			continue
		}
		if err := s.client.RemoveIncompleteUpload(ctx, s.to.Bucket, u.Key); err != nil {
			return unwritten(fmt.Errorf("s3: %w", err))
		}
	}
	return nil
}
