using System.Text;
using BounceActors.Sources.Mail;

namespace BounceActors.Sources.Tests.Mail;

public class OrdinaryMailSpecs
{
    public static TheoryData<string, string> Mails
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (name, mail) in OrdinaryMails.All)
            {
                data.Add(name, mail);
            }

            return data;
        }
    }

    [Fact]
    public void Should_be_tried_on_many_kinds() => Assert.True(OrdinaryMails.All.Count() >= 120);

    [Theory]
    [MemberData(nameof(Mails))]
    public void Should_take_no_ordinary_mail_for_a_report(string name, string mail)
    {
        var reading = new MailReader().Read(Encoding.UTF8.GetBytes(mail));

        Assert.True(reading.Reports.Count == 0, $"{name}: {reading.Reason}");
        Assert.NotEmpty(reading.Reason);
    }
}
